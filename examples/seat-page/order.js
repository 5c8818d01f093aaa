// One order: hold, buy or release. Each step is stored before its request is sent, with the request's key, so that a
// reload repeats the same request instead of making a second one. sessionStorage belongs to this tab and ends with it.
//
// Without sign-in, the key of a hold and the hold's id are the buyer's secrets: whoever knows them can buy or release.

import { ask, insist, isFinal, pause, pauseSeconds } from "./api.js";
import { meaning } from "./answers.js";

const CHOOSING = { step: "choosing" };

export class Order {
  #config;
  #name;
  #queue;
  #changed;

  /** `changed(text, { refused })` is called after each change; `refused` are seats that the buyer cannot have. */
  constructor(config, queue, changed) {
    this.#config = config;
    this.#queue = queue;
    this.#name = `order:${config.api}:${config.event}`;
    this.#changed = changed;
    this.asking = false;
    this.state = CHOOSING;
    try {
      this.state = JSON.parse(sessionStorage.getItem(this.#name)) ?? CHOOSING;
    } catch {
      sessionStorage.removeItem(this.#name);
    }
  }

  /** Hold seats; `total` is their price, which is only shown: the API decides prices. */
  hold(seats, total) {
    this.#store({ step: "holding", seats: [...seats].sort(), total, key: crypto.randomUUID(), asked: Date.now() });
    return this.resume();
  }

  buy() {
    this.#store({ ...this.state, step: "buying", key: crypto.randomUUID() });
    return this.resume();
  }

  release() {
    this.#store({ ...this.state, step: "releasing" });
    return this.resume();
  }

  /** Continue with the stored step: after a reload, or because the buyer asks again. */
  async resume() {
    const steps = { holding: this.#hold, buying: this.#buy, releasing: this.#release };
    const step = steps[this.state.step];
    if (!step || this.asking) return;
    this.asking = true;
    this.#changed("One moment …");
    try {
      const [text, more] = await step.call(this);
      this.asking = false;
      this.#changed(text, more);
    } finally {
      this.asking = false;
    }
  }

  /** The hold has ended by this clock, or the buyer has seen the receipt. */
  finish(text) {
    this.#store(CHOOSING);
    this.#changed(text);
  }

  async #hold() {
    const { seats, total, key, asked } = this.state;
    const answer = await this.#holdInTurn(key, seats);
    if (answer.status !== 201) return this.#refused(answer);
    // The end is by the API's clock. This machine's clock may be wrong, so the times of request and answer bound the end.
    const bounds = [asked, Date.now()].map((at) => at + this.#config.holdSeconds * 1000);
    const ends = Math.min(Math.max(answer.body.expires_at * 1000, bounds[0]), bounds[1]);
    this.#store({ step: "held", seats, total, hold: answer.body.hold_id, ends });
    return ["The seats are held for you. Buy them before the time runs out."];
  }

  /** The key stays the same: an earlier request may have been carried out before the queue refused this one. */
  async #holdInTurn(key, seats) {
    for (let tries = 0; ; tries += 1) {
      const body = { event_id: this.#config.event, seats, ...this.#queue.proof };
      const answer = await this.#insist("POST", "/holds", { key, body });
      if (answer.body.reason !== "queue") return answer;
      this.#changed("We will ask for your seats as soon as it is your turn.");
      if (!(await this.#queue.turn(answer))) return answer;
      if (tries) await pause(pauseSeconds(answer, tries)); // the new ticket was refused, too
    }
  }

  async #buy() {
    const { seats, hold, key } = this.state;
    const body = { event_id: this.#config.event, seats, hold_id: hold };
    const answer = await this.#insist("POST", "/tickets", { key, body });
    if (answer.status !== 201) return this.#refused(answer);
    this.#store({ step: "bought", receipt: answer.body });
    const refunded = answer.body.refunded_seats;
    return [`The seats are yours. Your order is ${answer.body.order_id}.${refunded ? ` Refunded: ${refunded.join(", ")}.` : ""}`];
  }

  async #release() {
    const answer = await this.#insist("DELETE", `/holds/${encodeURIComponent(this.state.hold)}`);
    if (answer.status !== 204 && answer.status !== 404) return this.#refused(answer);
    this.#store(CHOOSING);
    return ["The seats are released."];
  }

  #refused(answer) {
    if (!isFinal(answer)) {
      // The outcome is unknown. A request with the stored key finds out.
      return [`${meaning(answer)} We do not know yet whether your request succeeded. Ask again: nothing is ordered twice.`];
    }
    this.#store(CHOOSING);
    const refused = ["sold", "held", "no-such-seat"].includes(answer.body.reason) ? (answer.body.seats ?? []) : [];
    const opensAt = answer.body.reason === "not-open" ? answer.body.opens_at : 0;
    return [meaning(answer), { refused, opensAt }];
  }

  #insist(method, path, more) {
    const request = () => ask(this.#config, method, path, more);
    return insist(request, (answer, seconds) => {
      this.#changed(`${meaning(answer)} We will ask again in ${seconds} s, for the same seats.`, { ticking: true });
    });
  }

  #store(state) {
    this.state = state;
    if (state.step === "choosing") sessionStorage.removeItem(this.#name);
    else sessionStorage.setItem(this.#name, JSON.stringify(state));
  }
}
