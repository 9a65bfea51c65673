/** What a section says a program attaches to, taken apart; which form it has follows from the program's type. */
export type AttachTarget =
  /** A function of the kernel: `kprobe/tcp_connect+0x10`, `kretprobe/…`. */
  | {
    readonly kind: "kprobe";
    readonly function: string;
    /** In bytes from the start of the function. */
    readonly offset: number;
    /** Whether it runs when the function returns. */
    readonly return: boolean;
  }
  /** All functions of the kernel that a pattern with `*` and `?` matches: `kprobe.multi/…`, `fentry.multi/…`. */
  | {
    readonly kind: "functions";
    readonly pattern: string;
    /** Whether it runs when the function returns. */
    readonly return: boolean;
    /** The module to look in, for what attaches by BTF (`fentry.multi` and its like). */
    readonly module?: string;
  }
  /** A system call, by the name without the architecture's prefix: `ksyscall/openat`. */
  | { readonly kind: "syscall"; readonly name: string; readonly return: boolean }
  /** A function of a program or library: `uprobe/libc:malloc+4`, `uprobe//bin/bash:readline`. */
  | {
    readonly kind: "uprobe";
    /** As written; without a slash to be looked for in `PATH` and the folders of libraries. */
    readonly path: string;
    readonly function: string;
    /** In bytes from the start of the function. */
    readonly offset: number;
    /** Whether it runs when the function returns. */
    readonly return: boolean;
  }
  /** All functions of a program or library that a pattern with `*` and `?` matches: `uprobe.multi/…`. */
  | {
    readonly kind: "userFunctions";
    readonly path: string;
    readonly pattern: string;
    readonly return: boolean;
  }
  /** A probe that a program declares itself: `usdt/libc:libc:memory_heap_new`. */
  | { readonly kind: "usdt"; readonly path: string; readonly provider: string; readonly name: string }
  /** `tp/sched/sched_process_exec`. */
  | { readonly kind: "tracepoint"; readonly group: string; readonly name: string }
  /** `raw_tp/sched_process_exec`. */
  | { readonly kind: "rawTracepoint"; readonly name: string }
  /**
   * A function or type that the kernel's BTF, or that of a module, has under a name, or of another program:
   * `fentry/nf_conntrack:nf_ct_destroy`, `lsm/file_open`, `tp_btf/…`, `iter/…`, `freplace/…`.
   */
  | { readonly kind: "type"; readonly name: string; readonly module?: string };
