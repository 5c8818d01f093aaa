// Polls while somebody looks at the page: with pauses of random length, and longer ones after a failure.

import { pauseSeconds } from "./api.js";

export class Watch {
  #read;
  #seconds;
  #timer;
  #turn = 0;
  #failures = 0;

  /** `read()` returns a promise of an answer of the API. */
  constructor(read, seconds) {
    this.#read = read;
    this.#seconds = seconds;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#stop() : this.now()));
  }

  /** Ask now, and go on from there. */
  async now() {
    this.#stop();
    const turn = this.#turn;
    const answer = await this.#read();
    if (turn !== this.#turn || document.hidden) return;
    this.#failures = answer.status === 200 ? 0 : this.#failures + 1;
    const pause = this.#failures
      ? Math.max(this.#seconds, pauseSeconds(answer, this.#failures))
      : this.#seconds * (0.8 + 0.4 * Math.random());
    this.#timer = setTimeout(() => this.now(), pause * 1000);
  }

  #stop() {
    this.#turn += 1;
    clearTimeout(this.#timer);
  }
}
