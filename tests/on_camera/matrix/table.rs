//! Every step × every fault, and how that must end.

use virtual_camera::VirtualCamera;
use virtual_camera::axsim::medium::Card;
use virtual_camera::axsim::storage::SD_DISK;

use super::damage::{Damage, Other, Step, does, is_untouched, stalled};
use super::{at_rest, camera_with, each, formats, mended, nothing_is_held, preparing, settled, what_is_told_is_true};
use crate::orders::{jobs, order, prepare, stand};
use crate::world::{snapshot, until};

/// How the job of a step must end; `None`: well.
fn ends_in(step: Step, damage: Damage) -> Option<&'static [&'static str]> {
    let jobless = step == Step::SetPassphrase;
    match damage {
        Damage::Slow => None,
        Damage::Refused => Some(&["refused"]),
        Damage::BadPassphrase => Some(&["passphrase"]),
        Damage::Status(401 | 403 | 404) => Some(&["refused"]),
        Damage::Status(_) | Damage::Nonsense => Some(&["unanswered"]),
        // What POST broke off is not tried by GET.
        Damage::Cut => Some(&["unanswered"]),
        Damage::Fails => Some(&["declined"]),
        // Whether it was done is seen by the card.
        Damage::Vanishes if step == Step::Format => Some(&["vanished"]),
        Damage::Vanishes => None,
        Damage::Pulled => Some(&["pulled"]),
        Damage::Swapped(_) if jobless => Some(&["another_card", "no_effect"]),
        Damage::Swapped(_) => Some(&["another_card", "declined", "no_effect"]),
        Damage::Killed => Some(&["interrupted"]),
    }
}

async fn all_is_true(camera: &VirtualCamera, step: Step, damage: Damage) {
    let jobs = preparing(camera).await;
    let log = camera.app_log("c2c");
    let expected = ends_in(step, damage);
    let state = |name: &str| jobs.iter().find(|job| job["name"] == name).map(|job| job["state"].clone());
    match expected {
        None => assert!(jobs.iter().all(|job| job["state"]["state"] == "complete"), "{jobs:#?}\n{log}"),
        Some(kinds) => {
            let ended = state(step.job()).unwrap_or_else(|| panic!("{}: {jobs:#?}\n{log}", step.job()));
            let kind = ended["reason"]["kind"].as_str().unwrap_or_default();
            assert!(kinds.contains(&kind), "{kind:?} is none of {kinds:?}: {jobs:#?}\n{log}");
            // On the next card the passphrase is tried, which deletes nothing.
            let chain = jobs.iter().take_while(|job| job["name"] != "Open SD Card");
            let mut later = chain.skip_while(|job| job["name"] != step.job()).skip(1);
            // A card that worked is taken into use again.
            let put_back =
                |job: &serde_json::Value| job["name"] == "Mount SD Card" && job["state"]["state"] == "complete";
            let well = later.all(|job| job["state"]["state"] == "cancelled" || put_back(job));
            assert!(well, "{jobs:#?}\n{log}");
        }
    }
    assert!(
        formats(camera) <= step.formats().max(usize::from(expected.is_none())),
        "{} formats\n{log}",
        formats(camera)
    );
    what_is_told_is_true(camera).await;
    nothing_is_held(camera).await;
    until(camera, "the headline asks for somebody, or all is well", || async {
        let seen = snapshot(camera).await;
        let step =
            seen["headline"]["steps"].as_array().unwrap().iter().find(|step| step["step"] == "card").unwrap().clone();
        let mood = step["mood"].as_str().unwrap().to_owned();
        let mounted = seen["cards"]["value"][0]["status"] == "ok";
        let ready = stand(camera).await["stand"] == "ready";
        if mounted { ready <= (mood == "done") } else { mood == "needs_you" }
    })
    .await;
}

async fn case(step: Step, damage: Damage, knobs: Vec<(&'static str, &'static str)>) {
    let camera = camera_with("new", &knobs).await;
    // Planned before the order where that can be, and else while the step before is under way.
    let ((), ()) = tokio::join!(does(&camera, step, damage), prepare(&camera));
    settled(&camera).await;
    all_is_true(&camera, step, damage).await;
    let before = formats(&camera);
    match damage {
        Damage::Swapped(other) => {
            assert!(is_untouched(&camera, other), "{}", camera.app_log("c2c"));
            assert_eq!(formats(&camera), step.formats());
            camera.stop().await;
            return;
        }
        Damage::Pulled => {
            // The next one may need a decision: the camera has a passphrase by now.
            camera.device().disks().insert(SD_DISK, &Card::of_kind("new").unwrap()).unwrap();
            settled(&camera).await;
        }
        _ => {}
    }
    let by_itself = formats(&camera) - before;
    assert_eq!(by_itself, 0, "nothing is formatted again by itself, and no card of which nothing was wished");
    let erases = mended(&camera).await;
    let needed = usize::from(step.formats() == 0 || damage == Damage::Pulled);
    assert!(formats(&camera) <= before + erases.max(needed), "{}", camera.app_log("c2c"));
    at_rest(&camera).await;
    what_is_told_is_true(&camera).await;
    camera.stop().await;
}

async fn cases(step: Step, damages: Vec<Damage>) {
    each(damages, move |damage| case(step, damage, Vec::new())).await;
}

fn answers() -> Vec<Damage> {
    vec![Damage::Refused, Damage::Status(500), Damage::Status(403), Damage::Slow, Damage::Cut, Damage::Nonsense]
}

#[tokio::test]
async fn an_unmount_that_is_answered_badly_ends_in_its_named_failure() {
    cases(Step::Unmount, answers()).await;
}

#[tokio::test]
async fn a_passphrase_that_is_answered_badly_ends_in_its_named_failure() {
    let more = [Damage::BadPassphrase];
    cases(Step::SetPassphrase, answers().into_iter().chain(more).collect()).await;
}

#[tokio::test]
async fn a_format_that_is_answered_badly_ends_in_its_named_failure() {
    cases(Step::Format, answers()).await;
}

#[tokio::test]
async fn a_mount_that_is_answered_badly_ends_in_its_named_failure() {
    cases(Step::Mount, answers()).await;
}

#[tokio::test]
async fn a_job_that_fails_or_a_card_that_is_pulled_is_named_in_each_step() {
    let mut all: Vec<_> = Step::ALL.into_iter().map(|step| (step, Damage::Pulled)).collect();
    all.extend([Step::Unmount, Step::Format, Step::Mount].map(|step| (step, Damage::Fails)));
    each(all, |(step, damage)| case(step, damage, Vec::new())).await;
}

#[tokio::test]
async fn another_card_is_never_touched_in_whichever_step_it_comes() {
    let others = [Other::Used, Other::Foreign, Other::Exfat].map(Damage::Swapped);
    let all = Step::ALL.into_iter().flat_map(|step| others.map(|damage| (step, damage)));
    each(all.collect(), |(step, damage)| case(step, damage, Vec::new())).await;
}

#[tokio::test]
async fn a_job_of_which_the_camera_knows_nothing_more_is_found_out_by_the_card_or_named() {
    let steps = [Step::Unmount, Step::Format, Step::Mount];
    let all = steps.into_iter().flat_map(|step| ["na", "done", "error", "none"].map(|word| (step, word)));
    each(all.collect(), |(step, word)| case(step, Damage::Vanishes, vec![("unknown_job", word)])).await;
}

#[tokio::test]
async fn what_waits_is_cancelled_on_order_and_the_card_is_put_back_as_it_was() {
    let camera = camera_with("new", &[]).await;
    let ((), ()) = tokio::join!(stalled(&camera, Step::Unmount), prepare(&camera));
    let answer = order(&camera, "cancel", &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    camera.device().disks().stall(false);
    settled(&camera).await;
    let states: Vec<_> = jobs(&camera).await.into_iter().filter(|(name, _)| !name.ends_with("Check")).collect();
    let named = |name: &str, state: &str| (name.to_owned(), state.to_owned());
    let expected = [
        named("Unmount SD Card", "complete"),
        named("Format SD Card", "cancelled"),
        named("Mount SD Card", "cancelled"),
        named("Mount SD Card", "complete"),
    ];
    assert_eq!(states, expected, "{}", camera.app_log("c2c"));
    assert_eq!((formats(&camera), stand(&camera).await["waits_for"].as_str()), (0, Some("cancelled")));
    what_is_told_is_true(&camera).await;
    nothing_is_held(&camera).await;
    assert_eq!(mended(&camera).await, 0, "nothing has to be erased for that");
    assert_eq!(formats(&camera), 1);
    camera.stop().await;
}
