/**
 * The worker's telephone: SIP over a WebSocket, sound by WebRTC.
 * The rule: one call at a time, and what is told is how the call is, never what was pressed.
 */

import { C, UA, WebSocketInterface } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";
import type { IncomingRTCSessionEvent, RTCSessionEvent } from "jssip/lib/UA";
import type { Credentials, Line, Listener, OpenLine } from "./line.js";

const BUSY = 486;
const NO_SERVERS: RTCConfiguration = { iceServers: [] };

export const openLine: OpenLine = (credentials, listener) => new Telephone(credentials, listener);

class Telephone implements Line {
  readonly #agent: UA;
  readonly #listener: Listener;
  readonly #sound = new Audio();
  #call: RTCSession | undefined;
  #reservationSid = "";
  #registered = false;
  #problem = "";

  constructor(credentials: Credentials, listener: Listener) {
    this.#listener = listener;
    this.#sound.autoplay = true;
    this.#agent = new UA({
      sockets: [new WebSocketInterface(credentials.url)],
      uri: credentials.uri,
      authorization_user: credentials.username,
      password: credentials.password,
      session_timers: false,
    });
    this.#agent.on("registered", () => this.#arrived(true));
    this.#agent.on("unregistered", () => this.#arrived(false));
    this.#agent.on("disconnected", () => this.#arrived(false));
    this.#agent.on("registrationFailed", ({ cause }) => {
      this.#arrived(false, cause);
    });
    this.#agent.on("newRTCSession", (event: RTCSessionEvent) => {
      if (event.originator === "remote") this.#rings(event as IncomingRTCSessionEvent);
    });
    this.#agent.start();
  }

  renew({ username, password }: Credentials): void {
    this.#agent.set("authorization_user", username);
    this.#agent.set("password", password);
  }

  answer(): void {
    if (!this.#call?.isInProgress()) return;
    this.#call.answer({ mediaConstraints: { audio: true, video: false }, pcConfig: NO_SERVERS });
  }

  hangUp(): void {
    if (this.#call && !this.#call.isEnded()) this.#call.terminate();
  }

  mute(on: boolean): void {
    if (on) this.#call?.mute({ audio: true });
    else this.#call?.unmute({ audio: true });
  }

  hold(on: boolean): void {
    if (on) this.#call?.hold();
    else this.#call?.unhold();
  }

  press(key: string): void {
    if (!this.#call?.isEstablished()) return;
    this.#call.sendDTMF(key, { transportType: C.DTMF_TRANSPORT.RFC2833 });
  }

  /** Hang up and say goodbye to the registrar. */
  close(): void {
    this.#agent.stop();
  }

  #rings({ session, request }: IncomingRTCSessionEvent): void {
    if (this.#call) return session.terminate({ status_code: BUSY });
    this.#call = session;
    this.#reservationSid = request.getHeader("X-Reservation") ?? "";
    session.on("peerconnection", ({ peerconnection }) => {
      peerconnection.addEventListener("track", ({ streams, track }) => {
        this.#sound.srcObject = streams[0] ?? new MediaStream([track]);
      });
    });
    for (const event of ["confirmed", "hold", "unhold", "muted", "unmuted"] as const) {
      session.on(event, () => this.#tell());
    }
    session.on("getusermediafailed", () =>
      this.#listener.trouble("The microphone cannot be used, so the call was not answered"),
    );
    session.on("ended", () => this.#over());
    session.on("failed", () => this.#over());
    this.#tell();
  }

  #over(): void {
    this.#call = undefined;
    this.#reservationSid = "";
    this.#sound.srcObject = null;
    this.#tell();
  }

  #arrived(registered: boolean, problem = ""): void {
    this.#registered = registered;
    this.#problem = problem;
    this.#tell();
  }

  #tell(): void {
    const call = this.#call;
    const idle = this.#registered ? "ready" : "away";
    const identity = call?.remote_identity;
    this.#listener.changed({
      phase: !call ? idle : call.isEstablished() ? "talking" : "ringing",
      problem: this.#problem,
      other: identity ? identity.display_name || identity.uri.user : "",
      reservationSid: this.#reservationSid,
      muted: call?.isMuted().audio ?? false,
      held: call?.isOnHold().local ?? false,
    });
  }
}
