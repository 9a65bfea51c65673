/** The kernel's configuration, read without the library. */
import { existsSync, readFileSync } from "node:fs";
import { run } from "../_run.ts";

/** The text of `/boot/config-…` or `/proc/config.gz`; empty where there is neither. */
export function configText(): string {
  const boot = `/boot/config-${run("uname", ["-r"]).trim()}`;
  if (existsSync(boot)) return readFileSync(boot, "utf8");
  return existsSync("/proc/config.gz") ? run("zcat", ["/proc/config.gz"]) : "";
}
