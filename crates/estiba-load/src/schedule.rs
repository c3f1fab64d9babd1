//! When each request begins: by the clock alone. One that begins late because every connection waits for an answer is
//! timed from when it should have begun.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::Args;
use crate::connection::{Failure, Target};
use crate::kinds::{Kind, Learnt, Short, ask_long};

pub(crate) struct Sample {
    pub(crate) kind: Kind,
    /// Since the run began.
    pub(crate) begun: Duration,
    pub(crate) took: Duration,
    pub(crate) outcome: Result<Option<String>, Failure>,
}

pub(crate) struct Run {
    pub(crate) began: SystemTime,
    pub(crate) lasted: Duration,
    pub(crate) samples: Vec<Sample>,
    pub(crate) taken: Vec<String>,
}

struct Clock {
    began: Instant,
    ends: Instant,
    stopped: AtomicBool,
}

impl Clock {
    /// Waits until `after` the beginning; false when nothing is begun any more.
    fn wait_until(&self, after: Duration) -> bool {
        loop {
            let now = Instant::now();
            let at = self.began + after;
            if at >= self.ends || self.stopped.load(Ordering::Relaxed) {
                return false;
            }
            if now >= at {
                return true;
            }
            thread::sleep((at - now).min(Duration::from_millis(200)));
        }
    }

    fn sample(&self, kind: Kind, begun: Duration, outcome: Result<Learnt, Failure>) -> Sample {
        let took = Instant::now().saturating_duration_since(self.began + begun);
        Sample { kind, begun, took, outcome: outcome.map(|learnt| learnt.version) }
    }
}

pub(crate) fn run(args: &Args, target: &Target) -> Run {
    let began = Instant::now();
    let clock = Clock { began, ends: began + Duration::from_secs(args.seconds), stopped: AtomicBool::new(false) };
    let collected = Mutex::new((Vec::new(), Vec::new()));
    let next = AtomicU64::new(0);
    let started = SystemTime::now();

    thread::scope(|scope| {
        for _ in 0..args.connections {
            scope.spawn(|| {
                let (samples, taken) = ask_short(args, target, &clock, &next);
                if let Ok(mut all) = collected.lock() {
                    all.0.extend(samples);
                    all.1.extend(taken);
                }
            });
        }
        for (kind, every) in
            [(Kind::Slow, args.slow_every), (Kind::Socket, args.socket_every), (Kind::Upload, args.upload_every)]
        {
            let (clock, collected) = (&clock, &collected);
            scope.spawn(move || {
                let mut number = 0;
                while every > 0 && clock.wait_until(Duration::from_millis(every) * number) {
                    let begun = Duration::from_millis(every) * number;
                    number += 1;
                    scope.spawn(move || {
                        let sample = clock.sample(kind, begun, ask_long(target, kind, args.socket_seconds));
                        if let Ok(mut all) = collected.lock() {
                            all.0.push(sample);
                        }
                    });
                }
            });
        }
        if let Some(file) = &args.stop_file {
            watch(file, &clock);
        }
    });

    let (samples, taken) = collected.into_inner().unwrap_or_default();
    Run { began: started, lasted: began.elapsed(), samples, taken }
}

fn ask_short(args: &Args, target: &Target, clock: &Clock, next: &AtomicU64) -> (Vec<Sample>, Vec<String>) {
    let mut short = Short::new(target);
    let (mut samples, mut taken) = (Vec::new(), Vec::new());
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let begun = Duration::from_secs_f64(number as f64 / f64::from(args.rate.max(1)));
        if args.rate == 0 || !clock.wait_until(begun) {
            return (samples, taken);
        }
        let kind = match number % 5 {
            0 => Kind::Order,
            1 | 2 => Kind::Page,
            _ => Kind::Version,
        };
        let order = format!("{}-{number}", args.orders);
        let sample = clock.sample(kind, begun, short.ask(kind, &order));
        if kind == Kind::Order && sample.outcome.is_ok() {
            taken.push(order);
        }
        samples.push(sample);
    }
}

fn watch(file: &Path, clock: &Clock) {
    while Instant::now() < clock.ends {
        if file.exists() {
            clock.stopped.store(true, Ordering::Relaxed);
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
}
