/** The base of what the door for tests throws by itself. */
export class TestingError extends Error {
  readonly code: string = 'TESTING'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** The fake clock was used as it cannot be: two at a time, two advances at a time, after its end, or with what is no time. */
export class FakeClockError extends TestingError {
  override readonly code: string = 'FAKE_CLOCK'
}

/** What was waited for does not happen: the effect was stopped, the router closed, or it took too long. */
export class ChaosMissedError extends TestingError {
  override readonly code: string = 'CHAOS_MISSED'
}
