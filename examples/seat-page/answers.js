// What answers mean for a buyer. For an unknown reason, the page shows the message of the API.

const MEANINGS = {
  sold: (body) => `Somebody has bought ${seats(body)}. Choose other seats.`,
  held: (body) => `Another buyer holds ${seats(body)}. Choose other seats, or try again in a few minutes.`,
  "buyer-limit": (body) => `You can hold and buy ${body.limit} seats of this event in total. You have ${body.left} left.`,
  queue: () => "The event has a queue, and it is not your turn.",
  "no-admission-key": () => "The queue of this event is not ready yet.",
  "hold-ended": () => "Your hold has ended, and nothing was charged. Choose seats again.",
  "not-open": (body) => `The sale has not begun. It opens on ${when(body.opens_at)}.`,
  closed: () => "The sale is closed.",
  refunded: () => "All seats of this order were refunded.",
  "no-such-event": () => "There is no such event.",
  "no-such-section": () => "There is no such section.",
  "no-such-seat": (body) => `There is no seat ${seats(body)}.`,
  "too-many-seats": () => "That is too many seats for one order.",
  nobody: () => "Please sign in, then ask again.",
  blocked: () => "The ticket service does not accept requests from your network.",
  busy: () => "Other buyers want the same seats right now.",
  repeated: () => "The ticket service is still busy with your request.",
  throttled: () => "Many people are using the ticket service right now.",
  "too-many-requests": () => "There were too many requests from your network.",
  moving: () => "The sale is moving to another data centre. Nothing is lost.",
  unavailable: () => "The ticket service is having problems right now.",
  "malformed-event": () => "There is a problem with this event, which its operators have to fix.",
};

/** The meaning of an answer that is not a success. */
export function meaning(answer) {
  const { reason, message } = answer.body;
  if (answer.status === 0) return "The ticket service cannot be reached from this page.";
  if (Object.hasOwn(MEANINGS, reason)) return MEANINGS[reason](answer.body);
  if (answer.status === 401) return MEANINGS.nobody();
  return typeof message === "string" ? `The ticket service says: ${message}.` : `The ticket service failed (${answer.status}).`;
}

function seats(body) {
  return Array.isArray(body.seats) && body.seats.length ? body.seats.join(", ") : "some of the seats";
}

/** The date and time of a moment in seconds. */
export function when(seconds) {
  const format = { dateStyle: "long", timeStyle: "short" };
  return new Intl.DateTimeFormat(document.documentElement.lang, format).format(seconds * 1000);
}

/** The time of day of a moment in milliseconds. */
export function clock(milliseconds) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium" }).format(milliseconds);
}

/** A number with thousands separators. */
export function count(number) {
  return new Intl.NumberFormat(document.documentElement.lang).format(number);
}

/** An amount in minor units, such as cents. */
export function money(amount, currency) {
  const format = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}
