// Observables over timers, promises and events.

const {
  Subject,
  BehaviorSubject,
  concat,
  defer,
  firstValueFrom,
  forkJoin,
  from,
  interval,
  lastValueFrom,
  merge,
  of,
  throwError,
  timer,
  fromEvent,
} = require("rxjs");
const {
  bufferCount,
  catchError,
  concatMap,
  debounceTime,
  delay,
  distinctUntilChanged,
  filter,
  map,
  mergeMap,
  reduce,
  retry,
  scan,
  share,
  switchMap,
  take,
  takeUntil,
  tap,
  timeout,
  toArray,
  withLatestFrom,
} = require("rxjs/operators");
const { EventEmitter } = require("node:events");

exports.handler = async () => {
  let attempts = 0;
  const flaky = defer(() => (++attempts < 3 ? throwError(() => new Error("not yet")) : of("done")));
  const subject = new Subject();
  const seen = [];
  subject
    .pipe(
      distinctUntilChanged(),
      scan((sum, n) => sum + n, 0),
    )
    .subscribe({ next: (n) => seen.push(n), complete: () => seen.push("end") });
  [1, 1, 2, 3].forEach((n) => subject.next(n));
  subject.complete();
  const state = new BehaviorSubject(1);
  state.next(2);
  const emitter = new EventEmitter();
  const events = lastValueFrom(fromEvent(emitter, "tick").pipe(take(2), toArray()));
  emitter.emit("tick", "a");
  emitter.emit("tick", "b");
  let shared = 0;
  const source = of(1).pipe(
    tap(() => shared++),
    delay(1),
    share(),
  );
  await Promise.all([lastValueFrom(source), lastValueFrom(source)]);
  return {
    simple: await lastValueFrom(
      from([1, 2, 3, 4]).pipe(
        filter((n) => n % 2 === 0),
        map((n) => n * 10),
        toArray(),
      ),
    ),
    timed: await lastValueFrom(interval(2).pipe(take(4), bufferCount(2), toArray())),
    order: await lastValueFrom(
      merge(timer(12).pipe(map(() => "late")), timer(1).pipe(map(() => "early"))).pipe(toArray()),
    ),
    sequence: await lastValueFrom(
      from([6, 1]).pipe(
        concatMap((ms) => timer(ms).pipe(map(() => ms))),
        toArray(),
      ),
    ),
    latest: await lastValueFrom(
      concat(of(1), timer(1), timer(1)).pipe(
        switchMap((n) => of(n).pipe(delay(1))),
        toArray(),
      ),
    ),
    joined: await lastValueFrom(forkJoin({ a: Promise.resolve(1), b: of(1, 2) })),
    retried: [await lastValueFrom(flaky.pipe(retry(5))), attempts],
    caught: await lastValueFrom(throwError(() => new TypeError("bad")).pipe(catchError((error) => of(error.name)))),
    timeout: await lastValueFrom(
      timer(500).pipe(
        timeout(5),
        catchError((error) => of(error.name)),
      ),
    ),
    debounced: await lastValueFrom(of(1, 2, 3).pipe(debounceTime(2))),
    until: await lastValueFrom(interval(3).pipe(takeUntil(timer(1)), toArray())),
    sum: await lastValueFrom(
      of(1, 2, 3).pipe(
        mergeMap(async (n) => n * 2),
        reduce((a, b) => a + b),
      ),
    ),
    latestOf: await firstValueFrom(of("x").pipe(withLatestFrom(state))),
    empty: await firstValueFrom(of().pipe(toArray())),
    events: await events,
    shared,
    seen,
  };
};
