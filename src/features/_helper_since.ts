/**
 * Which version of Linux brought which helper.
 *
 * @module
 */

/**
 * The first number that each version gave (`enum bpf_func_id` in the history of include/uapi/linux/bpf.h). Numbers only
 * ever go up.
 */
const FIRST: readonly (readonly [number, string])[] = [
  [1, "3.19"],
  [4, "4.1"],
  [12, "4.2"],
  [17, "4.3"],
  [23, "4.4"],
  [26, "4.5"],
  [27, "4.6"],
  [31, "4.8"],
  [37, "4.9"],
  [42, "4.10"],
  [45, "4.11"],
  [46, "4.12"],
  [48, "4.13"],
  [51, "4.14"],
  [54, "4.15"],
  [58, "4.16"],
  [60, "4.17"],
  [65, "4.18"],
  [81, "4.19"],
  [84, "4.20"],
  [91, "5.0"],
  [93, "5.1"],
  [99, "5.2"],
  [109, "5.3"],
  [110, "5.4"],
  [111, "5.5"],
  [116, "5.6"],
  [119, "5.7"],
  [125, "5.8"],
  [136, "5.9"],
  [142, "5.10"],
  [156, "5.11"],
  [163, "5.12"],
  [164, "5.13"],
  [166, "5.14"],
  [169, "5.15"],
  [176, "5.16"],
  [180, "5.17"],
  [186, "5.18"],
  [194, "5.19"],
  [204, "6.0"],
  [208, "6.1"],
  [210, "6.2"],
];

/** The version that brought a helper, by number. */
export function helperSince(number: number): string | undefined {
  return FIRST.findLast(([first]) => number >= first)?.[1];
}
