// Declares a USDT probe, as https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation says: USDT(PROVIDER, NAME,
// SEMAPHORE, ARGUMENTS, OPERANDS...), where ARGUMENTS has operands by name as the text of inline assembly does.

#define USDT_NOTE(provider, name, semaphore, arguments)                    \
  "990: nop\n"                                                             \
  ".pushsection .note.stapsdt, \"?\", \"note\"\n"                          \
  ".balign 4\n"                                                            \
  ".4byte 992f - 991f, 994f - 993f, 3\n"                                   \
  "991: .asciz \"stapsdt\"\n"                                              \
  "992: .balign 4\n"                                                       \
  "993: .8byte 990b, _.stapsdt.base, " semaphore "\n"                      \
  ".asciz \"" provider "\"\n"                                              \
  ".asciz \"" name "\"\n"                                                  \
  ".asciz \"" arguments "\"\n"                                             \
  "994: .balign 4\n"                                                       \
  ".popsection\n"

#define USDT_BASE                                                          \
  ".ifndef _.stapsdt.base\n"                                               \
  ".pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n" \
  ".weak _.stapsdt.base\n"                                                 \
  ".hidden _.stapsdt.base\n"                                               \
  "_.stapsdt.base: .space 1\n"                                             \
  ".size _.stapsdt.base, 1\n"                                              \
  ".popsection\n"                                                          \
  ".endif\n"

#define USDT(provider, name, semaphore, arguments, ...) \
  __asm__ volatile(USDT_NOTE(provider, name, semaphore, arguments) USDT_BASE :: __VA_ARGS__)
