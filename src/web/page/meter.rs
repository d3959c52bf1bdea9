//! A thin bar. Its length is an attribute of a drawing, since the page's policy allows no inline style.

use maud::{Markup, html};

/// A bar of `percent` (at most 100), which `words` tell to those who do not see it.
pub(super) fn meter(percent: u64, words: &str) -> Markup {
    html! {
        svg.meter viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label=(words) {
            rect.rail width="100" height="4" {}
            rect.part width=(percent.min(100)) height="4" {}
        }
    }
}
