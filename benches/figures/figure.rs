//! One row of the table: what was measured, and what it should be.

/// What a figure should be, in its own unit.
#[derive(Clone, Copy)]
pub(crate) enum Aim {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

/// What was measured, in the unit of its aim.
pub(crate) struct Figure {
    pub(crate) name: String,
    /// Or why it was not.
    pub(crate) measured: Result<f64, String>,
    pub(crate) aim: Aim,
    /// How far it may miss the aim without ending in failure, in percent of it.
    pub(crate) grace: f64,
    pub(crate) show: fn(f64) -> String,
}

impl Figure {
    fn misses(&self, grace: f64) -> bool {
        let within = |measured: f64| match self.aim {
            Aim::AtMost(most) => measured <= most * (1.0 + grace / 100.0),
            Aim::AtLeast(least) => measured >= least * (1.0 - grace / 100.0),
        };
        self.measured.as_ref().is_ok_and(|measured| !within(*measured))
    }

    /// It is farther from its aim than a machine's whims explain.
    pub(crate) fn failed(&self) -> bool {
        self.misses(self.grace)
    }

    pub(crate) fn measured(&self) -> String {
        self.measured.as_ref().map_or_else(|why| format!("not measured: {why}"), |measured| (self.show)(*measured))
    }

    /// Its line of the table.
    pub(crate) fn row(&self) -> String {
        let mark = if self.misses(0.0) { " **(missed)**" } else { "" };
        let aim = match self.aim {
            Aim::AtMost(most) => format!("at most {}", (self.show)(most)),
            Aim::AtLeast(least) => format!("at least {}", (self.show)(least)),
        };
        format!("| {} | {}{mark} | {aim} |", self.name, self.measured())
    }
}

/// The middle one of an odd number; the upper one of the two in the middle of an even one.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
