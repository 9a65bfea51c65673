/**
 * What kernel functions sent.
 *
 * @module
 */
import type { EventRecord, Events } from "../../src/trace/mod.ts";

/** The events that were sent so far. */
export async function sentTo(sent: Events): Promise<EventRecord[]> {
  const all = [];
  for await (const event of sent.events({ timeout: 100 })) all.push(event);
  return all;
}
