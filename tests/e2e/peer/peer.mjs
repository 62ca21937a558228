// A Matrix client with Element's cryptography, driven by JSON lines on standard input.
//
// It stands for what a person's phone does: it signs its own devices, and (by default) neither gives keys to
// nor reads from a device that its owner has not signed (MSC4153). Everything is in memory; the end of
// standard input ends it. Each request carries an `id` and is answered by one line with the same `id`:
// {"event":"done","id",...} or {"event":"failed","id","error"}. What happens in rooms comes in between:
// {"event":"message"|"reaction"|"redaction"|"membership"|"state"|"verification", ...}.

import { createInterface } from "node:readline";

// Standard output is the protocol's; the library writes to the console.
console.log = console.info = console.debug = console.trace = () => {};
console.warn = console.error = (...words) => process.stderr.write(`${words.map(String).join(" ")}\n`);

const sdk = await import("matrix-js-sdk");
const { AllDevicesIsolationMode, OnlySignedDevicesIsolationMode, EventShieldReason } = await import(
  "matrix-js-sdk/lib/crypto-api/index.js"
);
const { VerificationPhase, VerificationRequestEvent } = await import(
  "matrix-js-sdk/lib/crypto-api/verification.js"
);

let client;
let crypto;
let autoJoin = false;

function emit(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

// What happened: room events as this client shows them to its user.

async function describe(event) {
  const failed = event.isDecryptionFailure();
  const info = event.isEncrypted() && !failed ? await crypto.getEncryptionInfoForEvent(event) : null;
  const content = event.getContent();
  return {
    room: event.getRoomId(),
    sender: event.getSender(),
    id: event.getId(),
    type: event.getType(),
    encrypted: event.isEncrypted(),
    decrypted: event.isEncrypted() && !failed,
    why: failed ? event.decryptionFailureReason : null,
    shield: info?.shieldReason == null ? null : EventShieldReason[info.shieldReason],
    body: failed ? null : (content.body ?? null),
    content: failed ? null : content,
    relates: event.getWireContent()["m.relates_to"] ?? content["m.relates_to"] ?? null,
    mentions: failed ? null : (content["m.mentions"] ?? null),
    state_key: event.getStateKey() ?? null,
    at: event.getTs(),
  };
}

const KINDS = { "m.reaction": "reaction", "m.room.redaction": "redaction", "m.room.member": "membership" };

async function report(event, late = false) {
  if (event.isEncrypted()) await client.decryptEventIfNeeded(event);
  const line = await describe(event);
  const kind = KINDS[line.type] ?? (event.isState() ? "state" : "message");
  if (line.type === "m.room.redaction") line.redacts = event.event.redacts ?? event.getContent().redacts ?? null;
  emit({ event: kind, late, ...line });
}

function listen() {
  client.on(sdk.RoomEvent.Timeline, (event, _room, toStart, removed) => {
    if (toStart || removed || event.status !== null) return; // backfill, and our own echo before it is sent
    report(event).catch((error) => emit({ event: "error", error: String(error) }));
  });
  client.on(sdk.MatrixEventEvent.Decrypted, (event) => {
    if (event.tocsinFailed && !event.isDecryptionFailure()) {
      event.tocsinFailed = false;
      report(event, true).catch((error) => emit({ event: "error", error: String(error) }));
    } else if (event.isDecryptionFailure()) {
      event.tocsinFailed = true;
    }
  });
  client.on(sdk.RoomMemberEvent.Membership, (_event, member) => {
    if (member.userId !== client.getUserId() || member.membership !== "invite") return;
    emit({ event: "invited", room: member.roomId, by: member.events.member?.getSender() ?? null });
    if (autoJoin) client.joinRoom(member.roomId).catch((error) => emit({ event: "error", error: String(error) }));
  });
}

async function until(test, what, seconds = 30) {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await test();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function joined(room, encrypted) {
  await until(() => client.getRoom(room)?.getMyMembership() === "join", `joining ${room}`);
  if (encrypted) await until(() => crypto.isEncryptionEnabledInRoom(room), `encryption of ${room}`);
}

// What its user can do.

const ENCRYPTED = {
  type: "m.room.encryption",
  state_key: "",
  content: { algorithm: "m.megolm.v1.aes-sha2" },
};

const actions = {
  async start({ url, user, password, device, isolation = "signed", sign = true, join = false }) {
    const anonymous = sdk.createClient({ baseUrl: url });
    const login = await anonymous.loginRequest({
      type: "m.login.password",
      identifier: { type: "m.id.user", user },
      password,
      initial_device_display_name: device ?? "peer",
    });
    client = sdk.createClient({
      baseUrl: url,
      userId: login.user_id,
      accessToken: login.access_token,
      deviceId: login.device_id,
    });
    autoJoin = join;
    await client.initRustCrypto({ useIndexedDB: false });
    crypto = client.getCrypto();
    crypto.setDeviceIsolationMode(
      isolation === "signed" ? new OnlySignedDevicesIsolationMode() : new AllDevicesIsolationMode(false),
    );
    if (sign) {
      await crypto.bootstrapCrossSigning({
        authUploadDeviceSigningKeys: async (send) => {
          // The first upload of an account's keys needs no password (MSC3967); a replacement would.
          await send(null);
        },
      });
    }
    listen();
    await client.startClient({ initialSyncLimit: 30 });
    await until(() => client.isInitialSyncComplete(), "the first sync");
    emit({ event: "ready", user: login.user_id, device: login.device_id });
    return { user: login.user_id, device: login.device_id };
  },

  async create({ name, invite = [], encrypted = true }) {
    const { room_id: room } = await client.createRoom({
      name,
      invite,
      preset: "private_chat",
      initial_state: encrypted ? [ENCRYPTED] : [],
    });
    await joined(room, encrypted);
    return { room };
  },

  async dm({ user }) {
    const { room_id: room } = await client.createRoom({
      is_direct: true,
      invite: [user],
      preset: "trusted_private_chat",
      initial_state: [ENCRYPTED],
    });
    await joined(room, true);
    return { room };
  },

  async join({ room, encrypted = true }) {
    const { roomId } = await client.joinRoom(room);
    await joined(roomId, encrypted);
    return { room: roomId };
  },

  async invite({ room, user }) {
    await client.invite(room, user);
    return {};
  },

  async leave({ room }) {
    await client.leave(room);
    return {};
  },

  async send({ room, body, msgtype = "m.text", clear = false, ...more }) {
    return await actions.send_content({ room, type: "m.room.message", clear, content: { msgtype, body, ...more } });
  },

  async send_content({ room, type, content, clear = false }) {
    await joined(room, !clear);
    const { event_id: id } = await client.sendEvent(room, type, content);
    return { id };
  },

  async edit({ room, event, body }) {
    const content = { msgtype: "m.text", body };
    return await actions.send_content({
      room,
      type: "m.room.message",
      content: {
        ...content,
        body: `* ${body}`,
        "m.new_content": content,
        "m.relates_to": { rel_type: "m.replace", event_id: event },
      },
    });
  },

  async reply({ room, event, body }) {
    return await actions.send({ room, body, "m.relates_to": { "m.in_reply_to": { event_id: event } } });
  },

  async react({ room, event, key }) {
    const relates = { "m.relates_to": { rel_type: "m.annotation", event_id: event, key } };
    return await actions.send_content({ room, type: "m.reaction", content: relates });
  },

  async redact({ room, event, reason }) {
    const { event_id: id } = await client.redactEvent(room, event, undefined, reason ? { reason } : {});
    return { id };
  },

  // One line for each of a user's devices, as this client trusts it.
  async trust({ user }) {
    const devices = (await crypto.getUserDeviceInfo([user], true)).get(user) ?? new Map();
    const answer = {};
    for (const device of devices.keys()) {
      const status = await crypto.getDeviceVerificationStatus(user, device);
      answer[device] = status?.signedByOwner ?? false;
      emit({ event: "trust", user, device, signedByOwner: answer[device] });
    }
    return { devices: answer };
  },

  // Asks for verification, in a room or (with a device) by to-device messages, and tells how it goes.
  async verify({ user, room, device }) {
    const request = room
      ? await crypto.requestVerificationDM(user, room)
      : await crypto.requestDeviceVerification(user, device);
    const tell = () =>
      emit({
        event: "verification",
        user,
        phase: VerificationPhase[request.phase],
        code: request.cancellationCode,
      });
    request.on(VerificationRequestEvent.Change, tell);
    tell();
    return {};
  },

  async messages({ room }) {
    const lines = [];
    for (const event of client.getRoom(room)?.getLiveTimeline().getEvents() ?? []) lines.push(await describe(event));
    return { messages: lines };
  },

  async state({ room, type, state_key = "" }) {
    return { content: await client.getStateEvent(room, type, state_key) };
  },
};

async function obey(line) {
  const { do: name, id, ...args } = JSON.parse(line);
  try {
    if (!Object.hasOwn(actions, name)) throw new Error(`unknown request ${name}`);
    emit({ event: "done", id, result: await actions[name](args) });
  } catch (error) {
    emit({ event: "failed", id, error: String(error?.message ?? error) });
  }
}

const input = createInterface({ input: process.stdin });
input.on("line", (line) => void obey(line));
input.on("close", () => {
  client?.stopClient();
  process.exit(0);
});
