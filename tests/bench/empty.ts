/** Does nothing, for others to be compared with. */
console.log(0);
await new Promise((resolve) => setTimeout(resolve, 60_000));

export {};
