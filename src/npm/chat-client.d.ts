// What of chat-client.js is for programs. The tests hold it against the types there.

export type To = { channel: string } | { username: string };
export type State = 'connecting' | 'live' | 'asking' | 'offline';
export type Kind = 'api' | 'unreachable' | 'foreign' | 'busy' | 'firewall';

export interface Message {
  message_id: number;
  sender?: string;
  message?: string;
  timestamp: string;
  channel?: string;
  recipient?: string;
  edited_at?: string | null;
  reply_to?: number | null;
  replies?: number;
  reactions?: { emoji: string; count: number; mine: boolean }[];
  mentions?: string[];
  system?: boolean;
  deleted?: boolean;
}

export interface Entry {
  key: string;
  of: string;
  to: To;
  text: string;
  more: { reply_to?: number };
  time: number;
  state: 'waiting' | 'sending' | 'failed';
  error?: Omit<Failure, 'name' | 'stack'>;
}

export interface Watcher {
  take?(messages: Message[], fresh: boolean): void;
  drop?(ids: number[]): void;
  change?(message: Message): void;
  ready?(): void;
}

export class Failure extends Error {
  said: string;
  status: number;
  wait: number;
  kind: Kind;
  later: boolean;
  signedOut: boolean;
  /** The Stream that the server refuses. */
  stream: object | undefined;
}

export class Stream {
  readonly messages: Message[];
  readonly byId: Map<number, Message>;
  readonly known: boolean;
  readonly stale: boolean;
  readonly end: boolean;
  sync(): Promise<void>;
  older(count?: number): Promise<boolean>;
  trim(n: number): void;
}

export class ChatClient {
  constructor(options?: { api?: string; live?: string; token?: string; name?: string; storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null });
  token?: string;
  name: string;
  readonly me: string;
  readonly state: State;
  readonly outbox: {
    list: Entry[];
    of(key: string, early?: boolean): Entry[];
    again(entry: Entry): void;
    remove(entry: Entry): void;
  };
  on(type: 'state', listener: (state: State) => void): () => void;
  on(type: 'event', listener: (name: string, data: any) => void): () => void;
  on(type: 'failure', listener: (failure: Failure, entry?: Entry) => void): () => void;
  on(type: 'outbox', listener: () => void): () => void;
  call(endpoint: string, body?: object, key?: string): Promise<any>;
  enter(endpoint: 'signon' | 'guest', body?: object): Promise<void>;
  list(endpoint: string, body: { name?: string }, watcher?: Watcher): Stream;
  channel(name: string, watcher?: Watcher): Stream;
  directs(watcher?: Watcher): Stream;
  send(to: To, text: string, more?: { reply_to?: number }): Entry;
  typing(to: To): void;
  connect(): void;
  close(): void;
}

export function fold(name: string): string;
export function request(url: string | URL, body: object, key?: string): Promise<any>;
