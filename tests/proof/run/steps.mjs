// Who may go on, for one document.
//
// Every worker's first write to a document is held until no other worker is still on its way to its own: whatever was to be
// read before has been read by then, by all of them. So a check that lies before its act is out of date for every worker but
// one, in every run, without a pause in the program under test.
//
// What is held goes on in one of two ways. In turn: the next worker writes when the one before has ended, so that all it did
// is seen by the next; what the harm is follows from this order, and it is there each time. At once: all of them write at
// the same time, as they do in production.
//
// Slow work that a lock protects is a second place to wait: it goes on when every other worker has ended or is there too.

export class Step {
  constructor(workers, inTurn, go) {
    this.running = new Set(workers);
    this.held = [];
    this.resting = [];
    this.inTurn = inTurn;
    this.go = go;
  }

  /** A worker has come to its first write (`held`), to the slow work (`resting`) or to its end (`ended`). */
  arrive(worker, where) {
    this.running.delete(worker);
    if (where !== 'ended') this[where].push(worker);
    if (this.running.size > 0) return;
    const waiting = this.held.length > 0 ? this.held : this.resting;
    waiting.sort((a, b) => a - b);
    for (const next of waiting.splice(0, this.inTurn ? 1 : waiting.length)) {
      this.running.add(next);
      this.go(next);
    }
  }

  get isOver() {
    return this.running.size + this.held.length + this.resting.length === 0;
  }
}
