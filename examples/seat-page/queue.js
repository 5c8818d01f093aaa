// The buyer's place in the queue of an event (`admission` in the spec). The ticket is stored where all tabs of this
// browser find it, so that neither a reload nor a second tab loses the place.

import { ask, mayChange, pause, pauseSeconds } from "./api.js";
import { clock, meaning, when } from "./answers.js";

export class Queue {
  #config;
  #name;
  #changed;
  #waiting = null;

  /** `changed(text)` is called after each change, with a text that tells the buyer the state of the place. */
  constructor(config, changed) {
    this.#config = config;
    this.#name = `queue:${config.api}:${config.event}`;
    this.#changed = changed;
    this.isTurn = false;
    this.mayHold = !config.queue; // false while the buyer waits
  }

  /** The part of a request's body that proves the buyer's place. */
  get proof() {
    const ticket = localStorage.getItem(this.#name);
    return ticket ? { queue_ticket: ticket } : {};
  }

  /**
   * Take a place, or keep the stored one, and wait for the turn. Returns whether it came. Later calls join the wait.
   *
   * `refusal` is the answer to a hold that the queue refused.
   */
  turn(refusal = { status: 0, retryAfter: 0 }) {
    this.#waiting ??= this.#wait(refusal).finally(() => {
      this.#waiting = null;
    });
    return this.#waiting;
  }

  async #wait(refusal) {
    if (refusal.status === 403) localStorage.removeItem(this.#name); // the ticket has expired
    this.mayHold = this.isTurn = false;
    this.#changed("We are asking for your place in the queue.");
    await pause(refusal.retryAfter);
    for (let tries = 0; ; tries += 1) {
      const answer = await ask(this.#config, "POST", "/queue", { body: { event_id: this.#config.event, ...this.proof } });
      if (answer.status === 202) {
        if (await this.#stand(answer.body)) return true;
        tries = 0;
      } else if (answer.body.reason === "no-queue") {
        return this.#admit("");
      } else if (answer.body.reason === "bad-ticket") {
        localStorage.removeItem(this.#name);
        await pause(pauseSeconds(answer, tries));
      } else if (mayChange(answer)) {
        const seconds = pauseSeconds(answer, tries);
        this.#changed(`${meaning(answer)} We will ask for your place again at ${clock(Date.now() + seconds * 1000)}.`);
        await pause(seconds);
      } else {
        this.mayHold = true; // a hold asks for a place again
        this.#changed(meaning(answer));
        return false;
      }
    }
  }

  /** Wait as long as the answer says. Returns whether it is the buyer's turn then. */
  async #stand({ queue_ticket: ticket, state, opens_at: opensAt, expires_at: expiresAt, ask_in: seconds }) {
    localStorage.setItem(this.#name, ticket);
    if (state === "drawn") {
      this.#changed(`You are in the draw for places in the queue. It takes place when the sale opens, on ${when(opensAt)}.`);
      await pause(seconds);
      return false;
    }
    if (seconds > 0) {
      this.#changed(`You are in the queue. It is your turn at ${clock(Date.now() + seconds * 1000)}.`);
      await pause(seconds);
    }
    return this.#admit(`It is your turn until ${clock(expiresAt * 1000)}. Hold your seats before then.`);
  }

  #admit(text) {
    this.isTurn = text !== "";
    this.mayHold = true;
    this.#changed(text);
    return true;
  }
}
