// The page: shows the sections, the seats of one of them, and the order.

import { ask } from "./api.js";
import { count, meaning, money } from "./answers.js";
import config from "./config.js";
import { Order } from "./order.js";
import { Queue } from "./queue.js";
import { Seats } from "./seats.js";
import { Watch } from "./watch.js";

const find = (id) => document.getElementById(id);
const address = `/events/${encodeURIComponent(config.event)}/seats`;

const chosen = new Map(); // seat id -> price
let sections = [];
let currency = "";
let current = ""; // the name of the section that is shown
let opening; // the timer of a sale that has not begun

const say = (text) => {
  if (find("status").textContent !== text) find("status").textContent = text;
};

const queue = new Queue(config, (text) => {
  find("queue").textContent = text;
  document.title = queue.isTurn ? `Your turn: ${config.title}` : config.title; // visible from another tab, too
  show();
});

const order = new Order(config, queue, (text, { refused = [], opensAt = 0, ticking = false } = {}) => {
  say(text);
  if (!ticking) {
    for (const seat of refused) chosen.delete(seat);
    if (order.state.step === "bought") chosen.clear();
    waitForOpening(opensAt);
    show();
    if (!order.asking) watchSection.now();
  }
});

const seats = new Seats((seat, wanted, price) => {
  if (seat !== null) {
    if (wanted && chosen.size >= config.seatsPerOrder) say(`An order has at most ${config.seatsPerOrder} seats.`);
    else if (wanted) chosen.set(seat, price);
    else chosen.delete(seat);
  }
  show();
  return chosen.has(seat);
});

const watchEvent = new Watch(readEvent, 3 * config.refreshSeconds);
const watchSection = new Watch(readSection, config.refreshSeconds);

async function readEvent() {
  const answer = await ask(config, "GET", address);
  if (answer.status === 200) {
    ({ sections, currency } = answer.body);
    showSections();
    const free = sections.reduce((sum, section) => sum + section.available, 0);
    tellSale(free ? `${count(free)} ${free === 1 ? "seat is" : "seats are"} free.` : "Sold out.", answer.body.exact);
  } else {
    find("sale").textContent = `${meaning(answer)} The seats that you see may be old.`;
  }
  return answer;
}

async function readSection() {
  const asked = current;
  if (!asked) return { status: 200, body: {}, retryAfter: 0 };
  const answer = await ask(config, "GET", `${address}?section=${encodeURIComponent(asked)}`);
  if (answer.status === 200 && asked === current) {
    const [section] = answer.body.sections;
    sections = sections.map((each) => (each.name === section.name ? { ...each, ...section } : each));
    showSections();
    seats.show(section, mine(), isLocked());
    dropTaken();
  }
  return answer;
}

function tellSale(text, exact) {
  const all = exact ? text : `${text} Some seats may be shown wrongly for a minute.`;
  if (find("sale").textContent !== all) find("sale").textContent = all;
}

/** Drop chosen seats that somebody else has bought meanwhile. */
function dropTaken() {
  const gone = order.state.step === "choosing" ? seats.takenOf([...chosen.keys()]) : [];
  if (!gone.length) return;
  for (const seat of gone) chosen.delete(seat);
  say(`Somebody has bought ${gone.join(", ")}. Choose other seats.`);
  show();
}

function waitForOpening(opensAt) {
  clearTimeout(opening);
  const seconds = opensAt - Date.now() / 1000;
  if (seconds > 0 && seconds < 86_400) opening = setTimeout(() => say("The sale begins. Hold your seats."), seconds * 1000);
}

const isLocked = () => order.state.step !== "choosing";

/** The seats of the order, or else those that the buyer has chosen so far. */
const mine = () => (order.state.seats ? new Set(order.state.seats) : chosen);

function showSections() {
  const list = find("sections");
  const names = sections.map((section) => section.name).join();
  if (list.dataset.names !== names) {
    list.dataset.names = names;
    list.replaceChildren(...sections.map((section) => sectionButton(section.name)));
  }
  sections.forEach((section, index) => {
    const button = list.children[index].firstChild;
    const free = section.available ? `${count(section.available)} of ${count(section.capacity)} free` : "sold out";
    button.setAttribute("aria-pressed", section.name === current);
    button.lastChild.textContent = `${money(section.price, currency)}, ${free}`;
  });
}

function sectionButton(name) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const title = document.createElement("strong");
  button.type = "button";
  title.textContent = `Section ${name}`;
  button.append(title, " ", document.createElement("span"));
  button.addEventListener("click", async () => {
    current = name;
    showSections();
    find("seats-heading").textContent = `Seats of section ${name}`;
    await watchSection.now();
    find("seats").hidden = false;
    find("seats-heading").focus();
  });
  item.append(button);
  return item;
}

/** Show the order and the buttons of its step. */
function show() {
  const { step, receipt } = order.state;
  const bought = receipt?.seats.map((seat) => seat.seat_id);
  const listed = bought ?? [...mine().keys()].sort();
  find("chosen").replaceChildren(
    ...listed.map((seat) => {
      const item = document.createElement("li");
      item.textContent = seat;
      return item;
    }),
  );
  const total = order.state.total ?? totalChosen();
  find("total").textContent = receipt ? `Paid: ${money(receipt.total, receipt.currency)}` : total;
  const shown = {
    hold: step === "choosing",
    buy: step === "held",
    release: step === "held",
    again: !order.asking && ["holding", "buying", "releasing"].includes(step),
    more: step === "bought",
  };
  const focused = document.activeElement;
  for (const [id, visible] of Object.entries(shown)) find(id).hidden = !visible;
  const heading = find("order-heading"); // keeps the focus while there is no button
  if (find("order").contains(focused) && (focused.hidden || focused === heading)) (nextButton() ?? heading).focus();
  find("hold").disabled = chosen.size === 0 || !queue.mayHold;
  find("hold").textContent = chosen.size ? `Hold ${chosen.size} ${chosen.size === 1 ? "seat" : "seats"}` : "Hold seats";
  find("order").setAttribute("aria-busy", order.asking);
  seats.update(mine(), isLocked());
  tick();
}

const nextButton = () => document.querySelector("#order button:not([hidden], :disabled)");

function totalChosen() {
  const total = [...chosen.values()].reduce((sum, price) => sum + price, 0);
  return total ? `Total: ${money(total, currency)}` : "";
}

function tick() {
  const { step, ends } = order.state;
  const left = Math.ceil((ends - Date.now()) / 1000);
  find("left").hidden = step !== "held";
  if (step !== "held") return;
  find("time").textContent = `${Math.floor(Math.max(0, left) / 60)}:${String(Math.max(0, left) % 60).padStart(2, "0")}`;
  if (left === 60) say("One minute is left.");
  if (left <= 0) order.finish("The hold has ended. The seats are free again: choose and hold seats.");
}

find("title").textContent = document.title = config.title;
find("hold").addEventListener("click", () => order.hold(chosen.keys(), totalChosen()));
find("buy").addEventListener("click", () => order.buy());
find("release").addEventListener("click", () => order.release());
find("again").addEventListener("click", () => order.resume());
find("more").addEventListener("click", () => order.finish("Choose seats."));
setInterval(tick, 1000);
say({ choosing: "Choose a section and seats.", held: "The seats are held for you.", bought: "The seats are yours." }[order.state.step] ?? "");
show();
watchEvent.now();
if (config.queue) queue.turn();
order.resume();
