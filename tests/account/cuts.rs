//! Cut in half at each step: what holds is known to the portal, and the next start makes a new password.

use std::time::{Duration, Instant};

use virtual_camera::users::{Action, Trouble};

use crate::world::{PATIENCE, World};

/// Cuts the app off at a step of making the account or of changing its password, and lets it end what it began.
async fn cut_at(action: Action, trouble: Trouble) {
    let mut world = World::new().await;
    if action == Action::Update {
        world.wish("viewer").await;
        world.ready().await;
    }
    let before = world.there().map(|there| there.password);
    world.device.device().users().trouble(action, trouble.clone());
    let asked = world.asked();
    if action == Action::Update {
        world.ada.wish(&world.id, "password", &[]).await;
    } else {
        world.wish("viewer").await;
    }
    world.until_asked(asked + 2).await;
    if trouble == Trouble::Silent {
        world.until_there("it is done", |there| there.map(|there| there.password) != before).await;
    }
    let half = world.there().map(|there| there.password);
    let shown = world.ada.passwords(&world.id).await;
    assert!(shown.iter().any(|(word, _)| word.contains("being changed: new")), "{shown:?}");
    world.until_page("password being changed").await;
    if let Some(half) = &half {
        assert!(shown.iter().any(|(_, password)| password == half), "what holds now is known to the portal");
    }
    let mut world = world.cut().await;
    world.ready().await;
    let password = world.agrees().await;
    assert!(shown.iter().all(|(_, seen)| *seen != password), "{action:?} {trouble:?}: a new one was made");
    assert_eq!(world.device.device().accounts().len(), 3);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_cut_before_or_after_the_account_is_made_a_new_password_is_made() {
    cut_at(Action::Add, Trouble::Stall).await;
    cut_at(Action::Add, Trouble::Silent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_cut_before_or_after_a_password_is_changed_a_new_one_is_made() {
    cut_at(Action::Update, Trouble::Stall).await;
    cut_at(Action::Update, Trouble::Silent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_cut_in_the_midst_of_removing_the_account_it_is_gone_and_the_portal_knows() {
    for trouble in [Trouble::Stall, Trouble::Silent] {
        let mut world = World::new().await;
        world.wish("viewer").await;
        world.ready().await;
        world.device.device().users().trouble(Action::Remove, trouble.clone());
        let asked = world.asked();
        world.ada.wish(&world.id, "no-account", &[]).await;
        world.until_asked(asked + 2).await;
        if trouble == Trouble::Silent {
            world.until_there("it is removed", |there| there.is_none()).await;
        }
        let mut world = world.cut().await;
        world.until_there("it is removed", |there| there.is_none()).await;
        world.app.until_account("nothing is shown", |account| account.is_none()).await;
        let begun = Instant::now();
        while !world.ada.passwords(&world.id).await.is_empty() {
            assert!(begun.elapsed() < PATIENCE, "the portal is not told: {trouble:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        world.end().await;
    }
}
