//! The app (its rooms arrive with the first page).
