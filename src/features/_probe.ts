/**
 * What all probes share: one answer a process, and what is no answer.
 *
 * @module
 */
import { type Capability, closest, memlockHint, missingCapabilities } from "../kernel/mod.ts";
import { ERRNO, errorName, errorText } from "../sys/mod.ts";
import type { Feature, FeatureAnswer } from "./answer.ts";
import { barred } from "./_barred.ts";
import type { Outcome } from "./_outcome.ts";

const answers = new Map<string, FeatureAnswer>();

/** Forgets what was found out, for those who replace the kernel: tests. */
export function forgetAnswers(): void {
  answers.clear();
}

/**
 * The answer about a feature: the kernel is asked once a process, and again where it could not be found out.
 *
 * @param needed The capabilities that the attempt asks for.
 */
export function probe(
  feature: Feature,
  needed: readonly Capability[],
  attempt: () => Outcome | FeatureAnswer,
): FeatureAnswer {
  const known = answers.get(feature.feature);
  if (known) return known;
  const found = attempt();
  const answer = typeof found === "object" ? found : answerOf(feature, needed, found);
  if (answer.state !== "unknown") answers.set(feature.feature, answer);
  return answer;
}

/** What an outcome says about a feature. */
function answerOf(feature: Feature, needed: readonly Capability[], outcome: Outcome): FeatureAnswer {
  if (outcome === "present") return { ...feature, state: "present" };
  // Without them, the kernel refuses by all kinds of errors what it would take: a loop is EINVAL (`check_cfg`).
  const missing = missingCapabilities(...needed);
  if (missing.length > 0) {
    const reason = `the process lacks ${missing.join(", ")}: run it as root`;
    return { ...feature, state: "unknown", reason, missing };
  }
  if (outcome === "absent") return { ...feature, state: "absent" };
  if (outcome !== ERRNO.EPERM) {
    const reason = `the kernel says: ${errorText(outcome)} (${errorName(outcome)})`;
    return { ...feature, state: "unknown", reason, missing: [] };
  }
  const reason = notAboutTheFeature();
  return reason === undefined
    ? { ...feature, state: "refused", reason: REFUSED }
    : { ...feature, state: "unknown", reason, missing: [] };
}

const REFUSED = "this machine refuses it (EPERM, though the process has all capabilities)";

/** Why a process with all capabilities gets `EPERM` for more than what it asked about. */
function notAboutTheFeature(): string | undefined {
  const memory = memlockHint();
  if (memory !== "") return `the kernel says EPERM${memory}`;
  return barred()
    ? "bpf(2) is refused altogether (EPERM): by a security module, lockdown, seccomp or a user namespace"
    : undefined;
}

/** Refuses names that are not among those that can be asked about: scripts without types pass anything. */
export function checkName(what: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  throw new TypeError(
    `Cannot probe ${what} ${JSON.stringify(name)}: there is none${closest(String(name), names)}`,
  );
}
