//! What the app does to the camera, step by step.

pub mod decide;
