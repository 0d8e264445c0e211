/** How long everything takes. More of it makes the figures steadier, not better. */
export interface Pace {
  /** Windows of each side. */
  readonly rounds: number;
  readonly windowMs: number;
  /** Calls of both sides before the first window, unmeasured. */
  readonly warmUpMs: number;
  /** Registrations, one after another. */
  readonly registrations: number;
  /** Different people, and tokens, that calls are spread over. */
  readonly variety: number;
  /** Commands in each round. */
  readonly commands: number;
  /** Refused logins of each class whose times are compared. */
  readonly refusals: number;
  /** Clients that want to log in at the same time, and for how long. */
  readonly crowd: number;
  readonly crowdMs: number;
  /** How long more people come than can be served. */
  readonly floodMs: number;
  /** Users of a small installation, and of a large one. */
  readonly fewUsers: number;
  readonly manyUsers: number;
  /** How long processes have been at work when their memory is taken, and the least that it is watched. */
  readonly uptimeMs: number;
  readonly watchMs: number;
  /** Parts of that time, each with people and tokens of its own. */
  readonly stretches: number;
  /** Starts of each role. */
  readonly starts: number;
}

export const fullPace: Pace = {
  rounds: 6,
  windowMs: 4_000,
  warmUpMs: 3_000,
  registrations: 300,
  variety: 200,
  commands: 4_000,
  refusals: 1_000,
  crowd: 500,
  crowdMs: 30_000,
  floodMs: 60_000,
  fewUsers: 10_000,
  manyUsers: 1_000_000,
  uptimeMs: 600_000,
  watchMs: 120_000,
  stretches: 6,
  starts: 5,
};

/** For a look while working, and to see that everything runs. */
export const quickPace: Pace = {
  rounds: 2,
  windowMs: 300,
  warmUpMs: 200,
  registrations: 10,
  variety: 20,
  commands: 500,
  refusals: 5,
  crowd: 100,
  crowdMs: 1_000,
  floodMs: 1_000,
  fewUsers: 500,
  manyUsers: 5_000,
  uptimeMs: 0,
  watchMs: 1_000,
  stretches: 2,
  starts: 1,
};
