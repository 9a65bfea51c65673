/**
 * Codes of the Itanium C++ ABI for types, operators and names of the standard library.
 *
 * @module
 */

/** `<builtin-type>` of one letter. */
export const BUILTIN: Readonly<Record<string, string>> = {
  a: "signed char",
  b: "bool",
  c: "char",
  d: "double",
  e: "long double",
  f: "float",
  g: "__float128",
  h: "unsigned char",
  i: "int",
  j: "unsigned int",
  l: "long",
  m: "unsigned long",
  n: "__int128",
  o: "unsigned __int128",
  s: "short",
  t: "unsigned short",
  v: "void",
  w: "wchar_t",
  x: "long long",
  y: "unsigned long long",
  z: "...",
};

/** `<builtin-type>` behind a `D`. */
export const BUILTIN_D: Readonly<Record<string, string>> = {
  a: "auto",
  c: "decltype(auto)",
  d: "decimal64",
  e: "decimal128",
  f: "decimal32",
  h: "half",
  i: "char32_t",
  n: "decltype(nullptr)",
  s: "char16_t",
  u: "char8_t",
};

/** What follows literals of a type. */
export const LITERAL_SUFFIX: Readonly<Record<string, string>> = {
  i: "",
  j: "u",
  l: "l",
  m: "ul",
  x: "ll",
  y: "ull",
};

const CHARS = "char, std::char_traits<char>";

/** `<substitution>` of the standard library: as it is written, and for constructors in full and by its name alone. */
export const STANDARD: Readonly<Record<string, readonly [text: string, long?: readonly [string, string]]>> = {
  t: ["std"],
  a: ["std::allocator", ["std::allocator", "allocator"]],
  b: ["std::basic_string", ["std::basic_string", "basic_string"]],
  s: ["std::string", [`std::basic_string<${CHARS}, std::allocator<char> >`, "basic_string"]],
  i: ["std::istream", [`std::basic_istream<${CHARS} >`, "basic_istream"]],
  o: ["std::ostream", [`std::basic_ostream<${CHARS} >`, "basic_ostream"]],
  d: ["std::iostream", [`std::basic_iostream<${CHARS} >`, "basic_iostream"]],
};

/** `<operator-name>`: what is written, and how many operands it takes in expressions; 0 for none that is known. */
export const OPERATORS: Readonly<Record<string, readonly [text: string, operands: number]>> = {
  aN: ["&=", 2],
  aS: ["=", 2],
  aa: ["&&", 2],
  ad: ["&", 1],
  an: ["&", 2],
  aw: ["co_await", 1],
  cl: ["()", 0],
  cm: [",", 2],
  co: ["~", 1],
  dV: ["/=", 2],
  da: ["delete[]", 0],
  de: ["*", 1],
  dl: ["delete", 0],
  ds: [".*", 2],
  dt: [".", 0],
  dv: ["/", 2],
  eO: ["^=", 2],
  eo: ["^", 2],
  eq: ["==", 2],
  ge: [">=", 2],
  gt: [">", 2],
  ix: ["[]", 0],
  lS: ["<<=", 2],
  le: ["<=", 2],
  ls: ["<<", 2],
  lt: ["<", 2],
  mI: ["-=", 2],
  mL: ["*=", 2],
  mi: ["-", 2],
  ml: ["*", 2],
  mm: ["--", 1],
  na: ["new[]", 0],
  ne: ["!=", 2],
  ng: ["-", 1],
  nt: ["!", 1],
  nw: ["new", 0],
  oR: ["|=", 2],
  oo: ["||", 2],
  or: ["|", 2],
  pL: ["+=", 2],
  pl: ["+", 2],
  pm: ["->*", 2],
  pp: ["++", 1],
  ps: ["+", 1],
  pt: ["->", 0],
  qu: ["?", 3],
  rM: ["%=", 2],
  rS: [">>=", 2],
  rm: ["%", 2],
  rs: [">>", 2],
  ss: ["<=>", 2],
};

/** `<special-name>` of a type. */
export const SPECIAL_OF_TYPE: Readonly<Record<string, string>> = {
  TV: "vtable for ",
  TT: "VTT for ",
  TI: "typeinfo for ",
  TS: "typeinfo name for ",
  TF: "typeinfo fn for ",
  TA: "template parameter object for ",
};

/** `<special-name>` of a name. */
export const SPECIAL_OF_NAME: Readonly<Record<string, string>> = {
  TH: "TLS init function for ",
  TW: "TLS wrapper function for ",
  GV: "guard variable for ",
};
