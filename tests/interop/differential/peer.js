// SPDX-License-Identifier: BSL-1.0
// codec_peer as a child process: lines go in, the same number of answers comes out, or the test has failed.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class Peer {
  constructor(program) {
    this.waiting = null;
    this.answers = [];
    this.child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdin.on('error', () => {}); // its end is reported once, by 'close'
    this.child.on('error', (wrong) => this.fail(`${program} does not start: ${wrong.message}`));
    this.child.on('close', (code, signal) => this.fail(`${program} ended early (${signal ?? code})`));
    createInterface({ input: this.child.stdout }).on('line', (line) => this.take(line));
  }

  // Answers to these requests, `count` in all.
  ask(requests, count) {
    return new Promise((resolve, reject) => {
      this.waiting = { count, resolve, reject };
      this.answers = [];
      if (this.failure) this.fail(this.failure);
      else this.child.stdin.write(requests.join('\n') + '\n');
    });
  }

  take(line) {
    this.answers.push(line);
    if (this.waiting === null || this.answers.length < this.waiting.count) return;
    const { resolve } = this.waiting;
    this.waiting = null;
    resolve(this.answers);
  }

  fail(why) {
    this.failure = why;
    this.waiting?.reject(new Error(why));
    this.waiting = null;
  }

  end() {
    this.child.stdin.end();
  }
}
