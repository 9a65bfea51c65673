/**
 * Times by the formats of C (`strftime`), in the time zone of the machine.
 *
 * @module
 */

/** A moment: whole seconds since 1970, and the nanoseconds beside. */
export interface Moment {
  readonly seconds: number;
  readonly nanoseconds: number;
}

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** A moment by a format. What is no conversion is kept; `%f` is microseconds, as in bpftrace. */
export function strftime(format: string, { seconds, nanoseconds }: Moment): string {
  const date = new Date(seconds * 1000);
  const two = (value: number, fill = "0") => `${value}`.padStart(2, fill);
  const hour12 = date.getHours() % 12 || 12;
  const one = (conversion: string): string => {
    switch (conversion) {
      case "a":
        return (DAYS[date.getDay()] ?? "").slice(0, 3);
      case "A":
        return DAYS[date.getDay()] ?? "";
      case "b":
      case "h":
        return (MONTHS[date.getMonth()] ?? "").slice(0, 3);
      case "B":
        return MONTHS[date.getMonth()] ?? "";
      case "c":
        return strftime("%a %b %e %H:%M:%S %Y", { seconds, nanoseconds });
      case "C":
        return two(Math.floor(date.getFullYear() / 100));
      case "d":
        return two(date.getDate());
      case "D":
      case "x":
        return strftime("%m/%d/%y", { seconds, nanoseconds });
      case "e":
        return two(date.getDate(), " ");
      case "f":
        return `${Math.floor(nanoseconds / 1000)}`.padStart(6, "0");
      case "F":
        return strftime("%Y-%m-%d", { seconds, nanoseconds });
      case "H":
        return two(date.getHours());
      case "I":
        return two(hour12);
      case "j":
        return `${dayOfYear(date)}`.padStart(3, "0");
      case "k":
        return two(date.getHours(), " ");
      case "l":
        return two(hour12, " ");
      case "m":
        return two(date.getMonth() + 1);
      case "M":
        return two(date.getMinutes());
      case "n":
        return "\n";
      case "p":
        return date.getHours() < 12 ? "AM" : "PM";
      case "P":
        return date.getHours() < 12 ? "am" : "pm";
      case "r":
        return strftime("%I:%M:%S %p", { seconds, nanoseconds });
      case "R":
        return strftime("%H:%M", { seconds, nanoseconds });
      case "s":
        return `${seconds}`;
      case "S":
        return two(date.getSeconds());
      case "t":
        return "\t";
      case "T":
      case "X":
        return strftime("%H:%M:%S", { seconds, nanoseconds });
      case "u":
        return `${date.getDay() || 7}`;
      case "w":
        return `${date.getDay()}`;
      case "y":
        return two(date.getFullYear() % 100);
      case "Y":
        return `${date.getFullYear()}`;
      case "z":
        return zone(date);
      case "%":
        return "%";
      default:
        return `%${conversion}`;
    }
  };
  return format.replace(/%([^])/g, (_, conversion: string) => one(conversion));
}

function dayOfYear(date: Date): number {
  const start = Date.UTC(date.getFullYear(), 0, 0);
  return (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - start) / 86_400_000;
}

function zone(date: Date): string {
  const east = -date.getTimezoneOffset();
  const minutes = Math.abs(east);
  const digits = `${Math.floor(minutes / 60)}`.padStart(2, "0") + `${minutes % 60}`.padStart(2, "0");
  return (east < 0 ? "-" : "+") + digits;
}
