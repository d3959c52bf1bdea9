//! acap
