// Requests to the ticket API, and what their answers mean for the next step.

const ANSWER_SECONDS = 30; // API Gateway answers within 29
const MOST_SECONDS = 30; // between two repetitions, unless the answer asks for more
const PATIENCE_SECONDS = 120; // then the buyer decides whether to ask again

/**
 * Ask once. Never throws: without an answer, the status is 0.
 *
 * A page cannot tell "offline" from "this page may not read the answer" (`api.cors`): the browser hides the difference.
 */
export async function ask(config, method, path, { key, body } = {}) {
  const headers = {};
  try {
    if (config.accessToken) headers.Authorization = `Bearer ${await config.accessToken()}`;
    if (key) headers["Idempotency-Key"] = key;
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(config.api + path, {
      method,
      headers,
      body: body && JSON.stringify(body),
      cache: method === "GET" ? "no-cache" : "no-store", // a GET sends If-None-Match, and a 304 costs next to nothing
      credentials: "omit",
      signal: AbortSignal.timeout(ANSWER_SECONDS * 1000),
    });
    const text = await answer.text();
    const seconds = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
    return { status: answer.status, body: parsed(text), retryAfter: seconds > 0 ? seconds : 0 };
  } catch {
    return { status: 0, body: {}, retryAfter: 0 };
  }
}

function parsed(text) {
  try {
    const found = JSON.parse(text);
    return found !== null && typeof found === "object" ? found : {};
  } catch {
    return {};
  }
}

/** Whether the answer is final, so that the request's key is not needed any more. */
export function isFinal(answer) {
  if (answer.status >= 200 && answer.status < 300) return true;
  return !answer.retryAfter && answer.status >= 300 && answer.status < 500 && ![401, 403, 408, 429].includes(answer.status);
}

/** Whether the same request may get another answer later without the buyer's help, whatever its reason is. */
export function mayChange(answer) {
  return answer.retryAfter > 0 || answer.status === 0 || answer.status === 429 || answer.status >= 500;
}

/**
 * Repeat a request, always with the same key, until its answer is final, the queue refuses it, or `PATIENCE_SECONDS`
 * have passed.
 *
 * `waiting(answer, seconds)` is called each second of a pause.
 */
export async function insist(request, waiting) {
  const began = Date.now();
  for (let tries = 0; ; tries += 1) {
    const answer = await request();
    if (isFinal(answer) || !mayChange(answer) || answer.body.reason === "queue") return answer;
    const seconds = pauseSeconds(answer, tries);
    if ((Date.now() - began) / 1000 + seconds > Math.max(PATIENCE_SECONDS, answer.retryAfter + 1)) return answer;
    await pause(seconds, (left) => waiting(answer, left));
  }
}

/** Wait, and call `waiting(seconds)` each second. Browsers slow down the timers of hidden tabs. */
export async function pause(seconds, waiting = () => {}) {
  const until = Date.now() + seconds * 1000;
  for (let left = seconds; left > 0; left = (until - Date.now()) / 1000) {
    waiting(Math.ceil(left));
    await new Promise((resolve) => setTimeout(resolve, Math.min(1, left) * 1000));
  }
}

/** As long as the answer asks for, else longer each time; plus a random time, so that a crowd spreads out. */
export function pauseSeconds(answer, tries) {
  const least = answer.retryAfter || Math.min(MOST_SECONDS, 2 ** tries);
  return least + Math.random() * Math.min(2, least / 2);
}
