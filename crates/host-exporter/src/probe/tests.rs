use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use super::*;

const SPACE: Answer =
    Answer::Space(Space { block: 1, blocks: 2, free: 1, available: 1, files: 0, files_free: 0 });

fn targets(paths: &[&str]) -> Arc<[Target]> {
    let target = |path: &&str| Target {
        path: CString::new(*path).unwrap(),
        mount: 1,
        device: (8, 1),
        is_btrfs: false,
        question: Question::Space,
        is_in_memory: false,
    };
    paths.iter().map(target).collect()
}

fn ask_all(prober: &mut Prober, targets: &Arc<[Target]>, limit: Duration) -> Vec<Answer> {
    let mut answers = vec![Answer::Wanted; targets.len()];
    prober.ask_all(targets, limit, &mut answers);
    answers
}

#[test]
fn hanging_target_is_queried_once_and_blocks_no_other() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    static HANGS: Mutex<()> = Mutex::new(());
    fn ask(target: &Target) -> Answer {
        if target.path.to_bytes() == b"/hangs" {
            ASKED.fetch_add(1, Ordering::SeqCst);
            drop(HANGS.lock());
        }
        SPACE
    }
    let hangs = HANGS.lock().unwrap();
    let mut prober = Prober::new(ask);
    let targets = targets(&["/a", "/hangs", "/b", "/c"]);
    for _ in 0..1000 {
        let answers = ask_all(&mut prober, &targets, FIRST_WAIT);
        assert_eq!(answers, [SPACE, Answer::Late, SPACE, SPACE]);
    }
    assert_eq!((ASKED.load(Ordering::SeqCst), prober.late.len()), (1, 1));
    // After its answer, the target is queried again.
    drop(hangs);
    let worker = Arc::clone(&prober.late[0].worker);
    assert!(worker.wait_for_answer(Duration::from_secs(60)).is_some());
    assert_eq!(ask_all(&mut prober, &targets, FIRST_WAIT), [SPACE; 4]);
    assert_eq!((ASKED.load(Ordering::SeqCst), prober.late.len()), (2, 0));
}

#[test]
fn slow_target_is_waited_for() {
    fn ask(target: &Target) -> Answer {
        if target.path.to_bytes() == b"/slow" {
            thread::sleep(FIRST_WAIT * 2);
        }
        SPACE
    }
    let mut prober = Prober::new(ask);
    let answers = ask_all(&mut prober, &targets(&["/slow", "/b"]), Duration::from_secs(60));
    assert_eq!(answers, [SPACE; 2]);
}

#[test]
fn late_answer_serves_the_next_scrape() {
    static HANGS: Mutex<()> = Mutex::new(());
    fn ask(_: &Target) -> Answer {
        drop(HANGS.lock());
        SPACE
    }
    let mut prober = Prober::new(ask);
    let targets = targets(&["/slow"]);
    let limit = Duration::from_millis(2);
    let hangs = HANGS.lock().unwrap();
    assert_eq!(ask_all(&mut prober, &targets, limit), [Answer::Late]);
    drop(hangs);
    let worker = Arc::clone(&prober.late[0].worker);
    assert!(worker.wait_for_answer(Duration::from_secs(60)).is_some());
    let _hangs = HANGS.lock().unwrap();
    assert_eq!(ask_all(&mut prober, &targets, limit), [SPACE]);
    assert_eq!(ask_all(&mut prober, &targets, limit), [Answer::Late]);
}

#[test]
fn blocked_threads_are_bounded_and_spare_disks() {
    static HANGS: Mutex<()> = Mutex::new(());
    fn ask(target: &Target) -> Answer {
        if target.device.0 == 0 {
            drop(HANGS.lock());
        }
        SPACE
    }
    let _hangs = HANGS.lock().unwrap();
    for (devices, most) in [(1, FEW_LATE), (200, MAX_LATE)] {
        let mut prober = Prober::new(ask);
        let target = |at: u32| Target {
            path: CString::new(format!("/{at}")).unwrap(),
            mount: at.into(),
            device: if at == 200 { (8, 1) } else { (0, at % devices) },
            is_btrfs: false,
            question: Question::Space,
            is_in_memory: false,
        };
        let targets: Arc<[Target]> = (0..201).map(target).collect();
        for _ in 0..3 {
            let answers = ask_all(&mut prober, &targets, Duration::from_millis(10));
            assert!(answers[..200].iter().all(|answer| *answer == Answer::Late));
            assert_eq!(answers[200], SPACE);
            assert_eq!(prober.late.len(), most);
        }
    }
}

#[test]
fn only_wanted_targets_are_queried() {
    let mut prober = Prober::new(|_| SPACE);
    let mut answers = [Answer::Unwanted, Answer::Wanted];
    prober.ask_all(&targets(&["/a", "/b"]), FIRST_WAIT, &mut answers);
    assert_eq!(answers, [Answer::Unwanted, SPACE]);
}

#[test]
fn wrapped_numbers_are_none() {
    let space = |free, available| Space { blocks: 10, free, available, ..Space::default() };
    assert_eq!((space(5, 3).free(), space(5, 3).available()), (Some(5), Some(3)));
    assert_eq!((space(11, 11).free(), space(11, 11).available()), (None, None));
    assert_eq!(space(1, u64::MAX - 2).available(), Some(0));
    assert_eq!(Space { files_free: u64::MAX, ..space(0, 0) }.files_free(), None);
}

#[test]
fn in_memory_targets_need_no_thread() {
    static HERE: Mutex<Option<thread::ThreadId>> = Mutex::new(None);
    fn ask(target: &Target) -> Answer {
        assert_eq!(*HERE.lock().unwrap() == Some(thread::current().id()), target.is_in_memory);
        SPACE
    }
    *HERE.lock().unwrap() = Some(thread::current().id());
    let mut prober = Prober::new(ask);
    let mut asked = targets(&["/a", "/b"]).to_vec();
    asked[0].is_in_memory = true;
    let both: Arc<[Target]> = asked.into();
    assert_eq!(ask_all(&mut prober, &both, FIRST_WAIT), [SPACE; 2]);
    assert_eq!(ask_all(&mut prober, &both[..1].into(), FIRST_WAIT), [SPACE]);
}
