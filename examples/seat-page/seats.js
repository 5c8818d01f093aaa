// The seats of one section as checkboxes, 100 at a time, so that a section of ten thousand stays usable.

const SHOWN = 100;

/** A function that tells whether a seat of the section is taken: its bit in the bitmap is 1. */
export function takenIn(section) {
  const bitmap = Uint8Array.from(atob(section.taken_seats), (character) => character.charCodeAt(0));
  return (number) => {
    const seat = number - section.first;
    return (bitmap[seat >> 3] & (128 >> (seat & 7))) !== 0;
  };
}

export class Seats {
  #boxes = document.querySelector("#boxes");
  #choose;
  #section;
  #taken;
  #from = 0;
  #shown = "";

  /** `choose(seat, wanted, price)` returns whether the seat is chosen afterwards. */
  constructor(choose) {
    this.#choose = choose;
    document.querySelector("#previous").addEventListener("click", () => this.#turn(-SHOWN));
    document.querySelector("#next").addEventListener("click", () => this.#turn(SHOWN));
  }

  /** Show a section as the API described it. `locked`: nothing can be chosen at this moment. */
  show(section, chosen, locked) {
    if (this.#section?.name !== section.name) this.#from = section.first;
    this.#section = section;
    this.#taken = takenIn(section);
    this.update(chosen, locked);
  }

  /** Show what has changed, in place, so that the focus stays where it is. */
  update(chosen, locked) {
    if (!this.#section) return;
    const { name, first, last } = this.#section;
    const to = Math.min(last, this.#from + SHOWN - 1);
    const shown = `${name} ${this.#from}`;
    if (this.#shown !== shown) {
      this.#shown = shown;
      const numbers = Array.from({ length: to - this.#from + 1 }, (_, index) => this.#from + index);
      this.#boxes.replaceChildren(...numbers.map((number) => this.#box(number)));
    }
    for (const label of this.#boxes.children) {
      const box = label.firstChild;
      const taken = this.#taken(Number(box.value)) && !chosen.has(box.name);
      label.classList.toggle("taken", taken);
      label.lastChild.textContent = taken ? " (taken)" : "";
      box.checked = chosen.has(box.name);
      box.disabled = taken || locked;
    }
    document.querySelector("#parts").hidden = last - first < SHOWN;
    document.querySelector("#range").textContent = `Seats ${this.#from} to ${to} of ${first} to ${last}`;
    document.querySelector("#previous").disabled = this.#from <= first;
    document.querySelector("#next").disabled = to >= last;
  }

  /** Those of the given seats that are in the section and taken. */
  takenOf(seats) {
    const prefix = `${this.#section.name}-`;
    return seats.filter((seat) => seat.startsWith(prefix) && this.#taken(Number(seat.slice(prefix.length))));
  }

  #turn(by) {
    this.#from += by;
    this.#choose(null);
  }

  #box(number) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    const state = document.createElement("span");
    box.type = "checkbox";
    box.name = `${this.#section.name}-${number}`;
    box.value = number;
    state.className = "unseen";
    const { price } = this.#section;
    box.addEventListener("change", () => {
      box.checked = this.#choose(box.name, box.checked, price);
    });
    label.append(box, document.createTextNode(number), state);
    return label;
  }
}
