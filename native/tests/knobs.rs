//! What is not known of the real libraries are knobs of the stand-ins: the same promises hold for every pair of values.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/driver.rs"]
mod driver;

use std::collections::BTreeSet;

/// Every knob with its values, the usual one first. Times are thousandths of the camera's.
const KNOBS: [(&str, &[&str]); 12] = [
    ("AXSIM_CONTEXT", &["default", "thread-default"]),
    ("AXSIM_SETUP_CB", &["async", "sync"]),
    ("AXSIM_RELEASE_CB", &["async", "sync", "never"]),
    ("AXSIM_PARAM_STALL", &["0", "60"]),
    ("AXSIM_PARAM_STALL_ALL", &["0", "3"]),
    ("AXSIM_PARAM_ECHO", &["on", "off"]),
    ("AXSIM_PARAM_DUP", &["0", "4"]),
    ("AXSIM_PARAM_NULLVALUE", &["off", "on"]),
    ("AXSIM_EXIT_WRITABLE", &["", "0", "1"]),
    ("AXSIM_EVENT_ORDER", &["0", "1", "77"]),
    ("AXSIM_SPURIOUS", &["0", "3000"]),
    ("AXSIM_ID_LIFETIME", &["subscription", "call"]),
];

/// Two knobs and a value of each, by place.
type Pair = (usize, usize, usize, usize);

fn pairs_of(row: &[usize]) -> BTreeSet<Pair> {
    let mut pairs = BTreeSet::new();
    for (i, &a) in row.iter().enumerate() {
        pairs.extend(row.iter().enumerate().skip(i + 1).map(|(j, &b)| (i, a, j, b)));
    }
    pairs
}

fn all_pairs() -> BTreeSet<Pair> {
    let mut pairs = BTreeSet::new();
    for (i, (_, first)) in KNOBS.iter().enumerate() {
        for (j, (_, second)) in KNOBS.iter().enumerate().skip(i + 1) {
            for a in 0..first.len() {
                pairs.extend((0..second.len()).map(|b| (i, a, j, b)));
            }
        }
    }
    pairs
}

/// Rows of values such that every pair is in one: greedy, each row begun with a pair that is still missing.
fn covering_rows() -> Vec<Vec<usize>> {
    let mut missing = all_pairs();
    let mut rows = Vec::new();
    while let Some(&(i, a, j, b)) = missing.first() {
        let mut row: Vec<Option<usize>> = vec![None; KNOBS.len()];
        (row[i], row[j]) = (Some(a), Some(b));
        for knob in 0..KNOBS.len() {
            if row[knob].is_some() {
                continue;
            }
            let gain = |value: usize| {
                let with = |(other, set): (usize, &Option<usize>)| {
                    set.map(|set| if other < knob { (other, set, knob, value) } else { (knob, value, other, set) })
                };
                row.iter().enumerate().filter_map(with).filter(|pair| missing.contains(pair)).count()
            };
            row[knob] = (0..KNOBS[knob].1.len()).rev().max_by_key(|&value| gain(value));
        }
        let row: Vec<usize> = row.into_iter().map(Option::unwrap).collect();
        missing = &missing - &pairs_of(&row);
        rows.push(row);
    }
    rows
}

fn named(row: &[usize]) -> Vec<(&'static str, &'static str)> {
    row.iter().enumerate().map(|(knob, &value)| (KNOBS[knob].0, KNOBS[knob].1[value])).collect()
}

/// Plays all of them, two at a time, and names those that failed.
fn play_all(rows: &[Vec<usize>]) {
    let failed: Vec<String> = std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            scope.spawn(move || {
                let mine = rows.iter().skip(half).step_by(2);
                mine.filter_map(|row| driver::play("whole", &named(row)).err()).collect::<Vec<_>>()
            })
        });
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    assert!(failed.is_empty(), "{} of {} failed:\n{}", failed.len(), rows.len(), failed.join("\n\n"));
}

#[test]
fn every_pair_of_knob_values_keeps_the_promises() {
    let rows = covering_rows();
    let covered = rows.iter().flat_map(|row| pairs_of(row)).collect::<BTreeSet<_>>();
    assert_eq!(covered, all_pairs());
    play_all(&rows);
}

#[test]
fn each_unusual_value_alone_keeps_the_promises() {
    let mut rows = vec![vec![0; KNOBS.len()]];
    for (knob, (_, values)) in KNOBS.iter().enumerate() {
        for value in 1..values.len() {
            let mut row = vec![0; KNOBS.len()];
            row[knob] = value;
            rows.push(row);
        }
    }
    play_all(&rows);
}

#[test]
fn a_card_that_comes_and_goes_a_hundred_times_is_leased_in_the_end_whatever_the_order_of_its_flags() {
    for (order, setup) in [("0", "async"), ("5", "sync"), ("12", "async")] {
        let said = driver::play("flap", &[("AXSIM_EVENT_ORDER", order), ("AXSIM_SETUP_CB", setup)]).unwrap();
        assert!(!said.starts_with("0 of"), "{said}");
    }
}
