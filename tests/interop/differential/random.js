// SPDX-License-Identifier: BSL-1.0
// Numbers that look random and are the same in every run: xorshift32.
export class Random {
  constructor(seed) {
    this.state = seed >>> 0 || 1;
  }

  next() {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state;
  }

  below(limit) {
    return this.next() % limit;
  }

  chance(oneIn) {
    return this.below(oneIn) === 0;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  list(least, most, make) {
    return Array.from({ length: least + this.below(most - least + 1) }, make);
  }

  bytes(length) {
    const made = Buffer.alloc(length);
    for (let i = 0; i < length; ++i) made[i] = this.next() >>> 11;
    return made;
  }
}
