// What stands where Node has a socket: libraries set options on it and read addresses from it.

import EventEmitter from "../events.js";
import { core } from "../../host.js";

export class NoSocket extends EventEmitter {
  #timer;
  #ms = 0;
  connecting = false;
  destroyed = false;
  readable = true;
  writable = true;
  bytesRead = 0;
  bytesWritten = 0;
  pending = false;
  readyState = "open";
  timeout = 0;

  constructor(encrypted) {
    super();
    if (encrypted) {
      this.encrypted = true;
      this.authorized = true;
      this.getPeerCertificate = () => ({});
      this.getSession = () => undefined;
      this.isSessionReused = () => false;
    }
  }

  setTimeout(ms, callback) {
    this.timeout = this.#ms = ms;
    if (callback) {
      if (ms === 0) this.removeListener("timeout", callback);
      else this.once("timeout", callback);
    }
    this._active();
    return this;
  }

  /** Something has come or gone: the time begins anew. */
  _active() {
    if (this.#timer) core.timers.clear(this.#timer);
    this.#timer =
      this.#ms > 0 && !this.destroyed ? core.timers.setTimeout(() => this.emit("timeout"), this.#ms) : undefined;
  }

  _stop() {
    this.#ms = 0;
    this._active();
  }

  address() {
    return {};
  }
  setNoDelay() {
    return this;
  }
  setKeepAlive() {
    return this;
  }
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  cork() {}
  uncork() {}
  pause() {
    return this;
  }
  resume() {
    return this;
  }
  write() {
    return true;
  }
  end() {
    return this;
  }
  destroy() {
    this.destroyed = true;
    this._stop();
    return this;
  }
}
