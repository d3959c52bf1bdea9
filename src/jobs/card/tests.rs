//! The keeper at a camera that is played here, where what a virtual camera cannot do at the right moment is done: looks that
//! fail between two steps, and waits of a quarter of an hour, which are short here (`steps::SECOND`).

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};

use super::*;
mod claim;

use crate::area::Held;
use crate::clock;
use crate::jobs::decide::Presence;
use crate::jobs::journal::Journal;
use crate::jobs::orders::{self, Counter, Order};
use crate::snapshot::{Boot, Failure, Identity, Job, Package, Stand};

/// What is waited for comes within this time.
const PATIENCE: Duration = Duration::from_secs(20);

/// The camera.
#[derive(Debug, Default)]
struct Played {
    status: &'static str,
    filesystem: &'static str,
    total_kib: u64,
    used_kib: u64,
    set: bool,
    encrypted: bool,
    /// The list of disks is answered with a status.
    list_fails: bool,
    /// What begins `list_fails`, by a part of its path and words.
    then_list_fails: Option<&'static str>,
    /// The job of a format is so far; at 100 it is done.
    percent: u8,
    /// It is asked so often how far a format is, and each time it is further.
    moves: bool,
    mount: Mount,
    /// What is asked so is never answered, and not done.
    hangs: Option<&'static str>,
    /// What is done with encryption is refused from the second time on.
    refuses_passphrases: bool,
    /// The question for a job is answered with 404.
    knows_no_jobs: bool,
    asked: Vec<String>,
}

/// What comes of an order to mount.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Mount {
    #[default]
    Works,
    /// The job ends badly.
    Fails,
    /// The order is answered with a status.
    Refused,
}

type Shared = Arc<Mutex<Played>>;

fn locked(camera: &Shared) -> MutexGuard<'_, Played> {
    camera.lock().unwrap()
}

impl Played {
    fn answer(&mut self, asked: &str) -> Option<String> {
        let job = |words: &str| format!("<root><job diskid=\"SD_DISK\" result=\"OK\" {words}/></root>");
        let done = Some("<r><Success><GeneralSuccess/></Success></r>".to_owned());
        let has = |word: &str| asked.contains(word);
        let answer = if has("list.cgi") {
            if self.list_fails { None } else { Some(self.list()) }
        } else if has("action=unmount") {
            self.status = "connected";
            Some(job("jobid=\"1\""))
        } else if has("enablediskencryption") && self.refuses_passphrases {
            let code = if self.set { 140 } else { 110 };
            Some(format!("<r><Error><GeneralError><ErrorCode>{code}</ErrorCode></GeneralError></Error></r>"))
        } else if has("disablediskencryption") {
            (self.set, self.status) = (false, if self.encrypted { "no passphrase" } else { "connected" });
            done
        } else if has("changediskpassphrase") {
            done
        } else if has("enablediskencryption") {
            (self.set, self.status) = (true, if self.encrypted { "connected" } else { "not encrypted" });
            done
        } else if has("format.cgi") {
            Some(job("jobid=\"2\""))
        } else if has("action=mount") {
            if self.mount == Mount::Works {
                self.status = "OK";
            }
            (self.mount != Mount::Refused).then(|| job("jobid=\"3\""))
        } else if has("jobid=2") {
            if self.moves {
                self.percent = (self.percent + 1) % 90;
            }
            if self.percent >= 100 {
                (self.encrypted, self.filesystem, self.status, self.used_kib) = (true, "ext4", "connected", 0);
            }
            Some(job(&format!("jobid=\"2\" progress=\"{}\"", self.percent)))
        } else if has("jobid=3") && self.mount == Mount::Fails {
            Some("<root><job jobid=\"3\" result=\"ERROR\" progress=\"100\" description=\"no\"/></root>".to_owned())
        } else {
            let number = asked.split("jobid=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or("1");
            Some(job(&format!("jobid=\"{number}\" progress=\"100\"")))
        };
        if self.then_list_fails.is_some_and(|word| asked.contains(word)) {
            self.list_fails = true;
        }
        answer
    }

    fn list(&self) -> String {
        let mounted = self.status == "OK";
        let total = if mounted { self.total_kib } else { 0 };
        format!(
            "<root><disks><disk diskid=\"SD_DISK\" totalsize=\"{total}\" freesize=\"{}\" locked=\"no\" full=\"no\" \
             readonly=\"no\" status=\"{}\" filesystem=\"{}\" requiredfilesystem=\"none\" encryptionenabled=\"{}\" \
             diskencrypted=\"{}\"/></disks></root>",
            total.saturating_sub(self.used_kib),
            self.status,
            self.filesystem,
            self.set,
            self.encrypted
        )
    }
}

async fn ask(State(camera): State<Shared>, request: Request) -> Result<String, axum::http::StatusCode> {
    let asked = request.uri().to_string();
    if locked(&camera).hangs.is_some_and(|word| asked.contains(word)) {
        locked(&camera).asked.push(asked);
        return std::future::pending().await;
    }
    if asked.contains("job.cgi") && locked(&camera).knows_no_jobs {
        locked(&camera).asked.push(asked);
        return Err(axum::http::StatusCode::NOT_FOUND);
    }
    let mut camera = locked(&camera);
    camera.asked.push(asked.clone());
    camera.answer(&asked).ok_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR)
}

/// The keeper, with what it works with.
struct Office {
    camera: Shared,
    counter: Counter,
    board: crate::jobs::Board,
    standing: watch::Sender<Standing>,
    _held: watch::Sender<Held>,
    _snapshots: watch::Sender<Arc<Snapshot>>,
    tasks: JoinSet<()>,
    folders: [tempfile::TempDir; 2],
}

/// A new card, as it comes from the shop.
fn new_card() -> Played {
    Played { status: "OK", filesystem: "vfat", total_kib: 58_054_660, used_kib: 64, ..Played::default() }
}

impl Office {
    async fn open(played: Played) -> Self {
        Self::open_after("", played).await
    }

    /// After an earlier start that left this in the journal.
    async fn open_after(jobs: &str, played: Played) -> Self {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        if !jobs.is_empty() {
            std::fs::write(folders[0].path().join("jobs.json"), jobs).unwrap();
        }
        Self::open_in(folders, played).await
    }

    /// With what lies in its own folder and in that on the card.
    async fn open_in(folders: [tempfile::TempDir; 2], played: Played) -> Self {
        let camera = Arc::new(Mutex::new(played));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let reader = Reader::of_a_played_camera(listener.local_addr().unwrap());
        let mut tasks = JoinSet::new();
        let router = Router::new().fallback(ask).with_state(Arc::clone(&camera));
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let desk = Desk::open(&mut tasks);
        let journal = Journal::open(folders[0].path());
        let (record, left) = (journal.record(), journal.earlier().to_vec());
        journal.keep_in(&mut tasks, desk.board());
        let there = Held::from([("SD_DISK".to_owned(), Ok(folders[1].path().to_owned()))]);
        let (held_by, held) = watch::channel(there);
        let package = Package { version: "1.6.0".to_owned(), version_from: "a test" };
        let mut snapshot = Snapshot::unread(package, true, clock::now());
        let cards = sources::card::read(&reader).await.unwrap();
        snapshot.cards = Some(Reading::Known { value: cards, at: clock::now() });
        let identity = Identity {
            model: "AXIS Played".to_owned(),
            serial: "B8A44F000001".to_owned(),
            os_version: "12.11.77".to_owned(),
            architecture: None,
        };
        snapshot.identity = Reading::Known { value: identity, at: clock::now() };
        let boot = Boot { ready: true, uptime_seconds: None, boot_id: Some("one".to_owned()) };
        snapshot.boot = Reading::Known { value: boot, at: clock::now() };
        let (seen_by, seen) = watch::channel(Arc::new(snapshot));
        let (counter, clerk) = orders::counter();
        let board = desk.board();
        let standing = watch::channel(Standing::Unknown).0;
        let tools = Tools {
            lent: Lent::open(folders[0].path()),
            standing: standing.subscribe(),
            desk,
            disks: Disks::new(reader.clone()),
            reader,
            storage: None,
            held,
            wanted: watch::channel(area::Wanted::new()).0,
            record,
            look: Arc::new(Notify::new()),
        };
        keep(tools, clerk, left, seen, &mut tasks);
        Self { camera, counter, board, standing, _held: held_by, _snapshots: seen_by, tasks, folders }
    }

    async fn until(&self, what: &str, fits: impl Fn(&Self) -> bool) {
        let begun = std::time::Instant::now();
        while !fits(self) {
            let (stand, asked) = (self.stand(), locked(&self.camera).asked.clone());
            assert!(begun.elapsed() < PATIENCE, "{what}: {stand:?}\n{asked:#?}\n{:#?}", self.jobs());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn presence(&self) -> Option<Presence> {
        self.counter.seats().first()?.presence
    }

    fn stand(&self) -> Option<Stand> {
        self.counter.seats().first()?.stand
    }

    fn jobs(&self) -> Vec<Job> {
        let jobs = self.board.clone().jobs();
        jobs.into_iter().rev().filter(|job| job.purpose == Purpose::Prepare).collect()
    }

    fn failure(&self, name: &str) -> Option<Failure> {
        self.jobs().into_iter().find_map(|job| match job.state {
            JobState::Failed { reason } if job.name == name => Some(reason),
            _ => None,
        })
    }

    fn asked(&self, word: &str) -> usize {
        locked(&self.camera).asked.iter().filter(|asked| asked.contains(word)).count()
    }

    async fn order(&self, wanted: Wanted) -> Result<(), NotTaken> {
        self.until("a card is seen", |office| office.presence().is_some()).await;
        let presence = self.presence();
        self.counter.give(Order { slot: "SD_DISK".to_owned(), presence, wanted }).await
    }

    async fn prepare(&self) {
        let passphrase = Secret::new("some words".to_owned());
        self.order(Wanted::Prepare { passphrase, previous: None }).await.unwrap();
    }

    async fn waits(&self, wait: Wait) {
        self.until(&format!("{wait:?}"), |office| office.stand() == Some(Stand::Waits(wait))).await;
    }
}

#[tokio::test]
async fn the_whole_way_is_gone_at_a_camera_that_is_played_and_the_time_left_is_told_by_the_card_s_size() {
    let office = Office::open(Played { percent: 0, ..new_card() }).await;
    office.prepare().await;
    let left = |office: &Office| {
        let jobs = office.jobs();
        jobs.iter()
            .any(|job| matches!(job.state, JobState::Running { percent: Some(0), seconds_left: Some(60..90), .. }))
    };
    office.until("an estimate for 59 GB", left).await;
    locked(&office.camera).percent = 100;
    office.until("it is ready", |office| office.stand() == Some(Stand::Ready)).await;
    assert_eq!((office.asked("format.cgi"), office.asked("action=mount")), (1, 1));
}

#[tokio::test]
async fn without_a_look_that_came_through_no_step_is_begun() {
    for (after, never) in [("job.cgi?jobid=1", "enablediskencryption"), ("enablediskencryption", "format.cgi")] {
        let office = Office::open(Played { then_list_fails: Some(after), percent: 100, ..new_card() }).await;
        office.prepare().await;
        office.until("it goes on without", |office| office.asked(after) > 0).await;
        office.until("it was looked for", |office| office.jobs().iter().all(|job| !job.open())).await;
        assert_eq!(office.asked(never), 0, "{never}");
    }
}

#[tokio::test]
async fn a_card_that_cannot_be_looked_at_takes_no_order() {
    let office = Office::open(Played { percent: 100, ..new_card() }).await;
    office.until("it is read", |office| office.presence().is_some()).await;
    locked(&office.camera).list_fails = true;
    let passphrase = Secret::new("some words".to_owned());
    let refused = office.order(Wanted::Prepare { passphrase, previous: None }).await;
    assert_eq!((refused, office.asked("mount.cgi")), (Err(NotTaken::NotNow), 0));
    locked(&office.camera).list_fails = false;
    office.prepare().await;
    office.until("it is ready", |office| office.stand() == Some(Stand::Ready)).await;
}

#[tokio::test]
async fn a_format_that_stands_still_for_a_quarter_of_an_hour_is_given_up_and_the_disk_is_left_alone_until_it_ends() {
    let office = Office::open(Played { percent: 40, ..new_card() }).await;
    office.prepare().await;
    let begun = std::time::Instant::now();
    office.waits(Wait::CameraBusy).await;
    assert!(begun.elapsed() > 15 * 60 * steps::SECOND, "{:?}", begun.elapsed());
    assert_eq!(office.failure(FORMAT), Some(Failure::StillRunning));
    for wanted in [Wanted::StartAgain, Wanted::Erase { passphrase: None }, Wanted::Keep] {
        assert_eq!(office.order(wanted).await, Err(NotTaken::Busy));
    }
    let jobs = office.asked("jobid=2");
    office.until("it is asked for still", |office| office.asked("jobid=2") > jobs + 2).await;
    locked(&office.camera).percent = 100;
    office.waits(Wait::Stopped).await;
    assert_eq!(office.asked("format.cgi"), 1);
    office.order(Wanted::StartAgain).await.unwrap();
    office.until("it is ready", |office| office.stand() == Some(Stand::Ready)).await;
    assert_eq!(office.asked("format.cgi"), 1, "what the camera ended well needs no second one");
}

#[tokio::test]
async fn a_format_that_moves_has_two_hours() {
    let office = Office::open(Played { moves: true, ..new_card() }).await;
    office.prepare().await;
    let begun = std::time::Instant::now();
    office.until("it is given up", |office| office.stand() == Some(Stand::Waits(Wait::CameraBusy))).await;
    assert!(begun.elapsed() > 16 * 60 * steps::SECOND, "{:?}", begun.elapsed());
    assert_eq!(office.failure(FORMAT), Some(Failure::StillRunning));
    assert_eq!(office.asked("format.cgi"), 1);
}

#[tokio::test]
async fn after_a_mount_that_failed_starting_again_mounts_and_formats_nothing() {
    let office = Office::open(Played { percent: 100, mount: Mount::Fails, ..new_card() }).await;
    office.prepare().await;
    office.waits(Wait::MountFailed).await;
    assert_eq!(office.failure(MOUNT), Some(Failure::Declined { words: "no".to_owned() }));
    for mounts in 2..4 {
        office.order(Wanted::StartAgain).await.unwrap();
        office.until("it is tried again", |office| office.asked("action=mount") == mounts).await;
        office.waits(Wait::MountFailed).await;
    }
    locked(&office.camera).mount = Mount::Works;
    office.order(Wanted::StartAgain).await.unwrap();
    office.until("it is ready", |office| office.stand() == Some(Stand::Ready)).await;
    assert_eq!(office.asked("format.cgi"), 1);
}

#[tokio::test]
async fn a_mount_that_the_camera_did_not_even_try_says_nothing_about_the_card_and_allows_no_format() {
    const INTERRUPTED: &str = r#"{"version":1,"jobs":[{"name":"Unmount SD Card","purpose":"prepare","state":{"state":"running",
        "percent":null,"waits_for":null,"seconds_left":null},"created":"2026-11-01T10:00:00Z","started":
        "2026-11-01T10:00:00Z","updated":"2026-11-01T10:00:00Z","finished":null,"disk":"SD_DISK"}]}"#;
    let exfat = || Played { status: "connected", filesystem: "exfat", percent: 100, ..new_card() };
    let refused = Office::open_after(INTERRUPTED, Played { mount: Mount::Refused, ..exfat() }).await;
    refused.until("it is put back", |office| office.asked("action=mount") == 1).await;
    refused.waits(Wait::Stopped).await;
    refused.prepare().await;
    refused.until("it is tried again", |office| office.asked("action=mount") == 2).await;
    refused.waits(Wait::Stopped).await;
    assert_eq!((refused.asked("enablediskencryption"), refused.asked("format.cgi")), (0, 0));
    // The camera tried, and it is of no use to anybody: that is a permission.
    let tried = Office::open_after(INTERRUPTED, Played { mount: Mount::Fails, ..exfat() }).await;
    tried.until("it is put back", |office| office.failure(MOUNT).is_some() && office.stand().is_none()).await;
    tried.prepare().await;
    tried.until("it is formatted", |office| office.asked("format.cgi") == 1).await;
}

#[tokio::test]
async fn an_order_that_the_camera_never_answers_ends_in_each_step_and_erases_nothing_by_itself() {
    for (word, name) in
        [("action=unmount", UNMOUNT), ("enablediskencryption", FORMAT), ("format.cgi", FORMAT), ("action=mount", MOUNT)]
    {
        let office = Office::open(Played { hangs: Some(word), percent: 100, ..new_card() }).await;
        office.prepare().await;
        office.until(word, |office| matches!(office.failure(name), Some(Failure::Unanswered { .. }))).await;
        office.waits(Wait::Stopped).await;
        let formats = office.asked("format.cgi");
        assert!(formats <= 1, "{word}");
        locked(&office.camera).hangs = None;
        let again = if word == "format.cgi" { Wanted::Erase { passphrase: None } } else { Wanted::StartAgain };
        office.order(again).await.unwrap();
        office.until("it is ready", |office| office.stand() == Some(Stand::Ready)).await;
        assert!(office.asked("format.cgi") <= formats.max(1) + usize::from(word == "format.cgi"), "{word}");
    }
}

#[tokio::test]
async fn a_camera_that_refuses_to_tell_of_a_job_that_was_given_up_does_not_hold_its_card_for_ever() {
    let office = Office::open(Played { percent: 40, ..new_card() }).await;
    office.prepare().await;
    office.waits(Wait::CameraBusy).await;
    locked(&office.camera).knows_no_jobs = true;
    office.waits(Wait::Stopped).await;
    assert_eq!(office.asked("format.cgi"), 1);
    assert_eq!(office.order(Wanted::Keep).await, Ok(()));
}

#[tokio::test]
async fn a_passphrase_that_is_refused_after_the_old_one_was_taken_says_that_there_is_none() {
    let office = Office::open(Played { set: true, refuses_passphrases: true, ..new_card() }).await;
    office.prepare().await;
    let lost = |office: &Office| matches!(office.failure(FORMAT), Some(Failure::SwitchedOff { .. }));
    office.until("it is named", lost).await;
    assert_eq!((office.asked("format.cgi"), locked(&office.camera).set), (0, false));
}

/// A format of an earlier start of the camera, which was under way when that ended.
const FORMAT_BROKEN_OFF: &str = r#"{"version":1,"jobs":[{"name":"Format SD Card","purpose":"prepare","disk":"SD_DISK",
    "state":{"state":"running","percent":null,"waits_for":null,"seconds_left":null},"created":"2026-11-01T10:00:00Z",
    "started":"2026-11-01T10:00:00Z","updated":"2026-11-01T10:00:00Z","finished":null,
    "on_camera":{"number":2,"boot":"another"}}]}"#;

#[tokio::test]
async fn a_format_that_a_power_cut_ended_waits_for_an_order_though_the_camera_has_the_card_in_use() {
    let office = Office::open_after(FORMAT_BROKEN_OFF, Played { set: true, percent: 100, ..new_card() }).await;
    office.waits(Wait::Interrupted).await;
    assert_eq!((office.asked("job.cgi"), office.asked("format.cgi")), (0, 0));
    office.order(Wanted::Keep).await.unwrap();
    office.until("it is kept", |office| office.stand().is_none()).await;
    assert_eq!(office.asked("mount.cgi"), 0);
}
