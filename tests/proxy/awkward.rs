//! A proxy before the emulator that repeats, swaps, truncates, delays and drops answers at random.
//!
//! What it does not do is what no client could withstand: a list never hides what was created before it was asked for, nobody
//! is told that a campaign is not there which is, and what says whose organization it is comes late or not at all, but right.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

use super::wire::{Answer, Request, read_request, write_answer};

/// What becomes of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Whole,
    /// The connection closes before the request is passed on.
    DroppedBefore,
    /// The request is passed on; the connection closes without an answer.
    DroppedAfter,
    /// Half of the body arrives.
    Truncated,
    /// It arrives later than those of requests that came after it.
    Delayed,
    /// An earlier answer to a request of this method arrives in its place.
    Repeated,
    /// It changes places with the answer to another request that is under way.
    Swapped,
}

/// Everything the connections share.
#[derive(Default)]
struct Shared {
    inner: Mutex<Inner>,
    /// Requests under way.
    under_way: watch::Sender<usize>,
}

#[derive(Default)]
struct Inner {
    /// In percent of all requests.
    chaos: u64,
    random: u64,
    /// The latest answers, with what they were given to.
    answers: Vec<(String, Answer)>,
    /// Somebody who waits to change places.
    waiting: Option<(Answer, oneshot::Sender<Answer>)>,
    /// Counts down to the moment at which the client is killed: each request has two, before and after it is passed on.
    moments_left: Option<usize>,
    kill: Option<oneshot::Sender<()>>,
    done: [u64; 7],
}

impl Shared {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Counts a moment, and kills the client where it is the one.
    fn moment(&self) {
        let mut inner = self.inner();
        match inner.moments_left {
            Some(0) => {
                inner.moments_left = None;
                if let Some(kill) = inner.kill.take() {
                    kill.send(()).ok();
                }
            }
            Some(left) => inner.moments_left = Some(left - 1),
            None => {}
        }
    }
}

impl Inner {
    /// SplitMix64.
    fn random(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }

    fn fate(&mut self, request: &Request) -> Fate {
        if self.random(100) >= self.chaos {
            return Fate::Whole;
        }
        let fates = [Fate::DroppedBefore, Fate::DroppedAfter, Fate::Truncated, Fate::Delayed, Fate::Repeated, Fate::Swapped];
        match fates[usize::try_from(self.random(6)).unwrap()] {
            // An old list in the place of a new one would hide what was created in between.
            Fate::Repeated if request.is_list() => Fate::Swapped,
            Fate::Repeated | Fate::Swapped if !request.is_about_campaigns() => Fate::Truncated,
            fate => fate,
        }
    }
}

impl Request {
    fn is_about_campaigns(&self) -> bool {
        self.path.contains("/campaigns")
    }

    /// Whether it asks for a page of the campaigns.
    fn is_list(&self) -> bool {
        self.method == "GET" && self.path.contains("/campaigns?")
    }
}

/// The running proxy.
pub struct Proxy {
    pub base_url: String,
    shared: Arc<Shared>,
}

impl Proxy {
    pub async fn start(target: &str, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { inner: Mutex::new(Inner { random: seed, ..Inner::default() }), ..Shared::default() });
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let (of_task, target) = (Arc::clone(&shared), target.to_owned());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, client, target) = (Arc::clone(&of_task), client.clone(), target.clone());
                tokio::spawn(async move { serve(stream, &shared, &client, &target).await });
            }
        });
        Self { base_url, shared }
    }

    /// Disturbs this many requests in a hundred from now on.
    pub fn disturb(&self, percent: u64) {
        self.shared.inner().chaos = percent;
    }

    /// Sends a word at this moment of the requests that come from now on, counted from 0.
    pub fn kill_at(&self, moment: Option<u64>) -> oneshot::Receiver<()> {
        let (kill, killed) = oneshot::channel();
        let mut inner = self.shared.inner();
        inner.moments_left = moment.map(|moment| usize::try_from(moment).unwrap());
        inner.kill = Some(kill);
        killed
    }

    /// A random number below this one.
    pub fn random(&self, below: u64) -> u64 {
        self.shared.inner().random(below)
    }

    /// Returns once no request is under way: what a killed client had sent has arrived.
    pub async fn quiet(&self) {
        self.shared.under_way.subscribe().wait_for(|under_way| *under_way == 0).await.unwrap();
    }

    /// How often each of repeating, swapping, truncating, delaying and dropping (before, after) happened.
    pub fn done(&self) -> [u64; 6] {
        let done = self.shared.inner().done;
        [Fate::Repeated, Fate::Swapped, Fate::Truncated, Fate::Delayed, Fate::DroppedBefore, Fate::DroppedAfter]
            .map(|fate| done[fate as usize])
    }
}

/// Counts a request as under way for as long as it lives.
struct UnderWay<'a>(&'a Shared);

impl<'a> UnderWay<'a> {
    fn new(shared: &'a Shared) -> Self {
        shared.under_way.send_modify(|count| *count += 1);
        Self(shared)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|count| *count -= 1);
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared, client: &reqwest::Client, target: &str) {
    stream.set_nodelay(true).ok();
    let mut buffer = Vec::new();
    while let Ok(Some(request)) = read_request(&mut stream, &mut buffer).await {
        let under_way = UnderWay::new(shared);
        shared.moment();
        let fate = shared.inner().fate(&request);
        if fate == Fate::DroppedBefore {
            shared.inner().done[fate as usize] += 1;
            return;
        }
        let Some(answer) = pass_on(&request, client, target).await else { return };
        shared.moment();
        let (fate, answer) = disturbed(fate, &request, answer, shared).await;
        shared.inner().done[fate as usize] += 1;
        let written = match fate {
            Fate::DroppedAfter => return,
            Fate::Truncated => {
                write_answer(&mut stream, &answer, 50).await.ok();
                return;
            }
            _ => write_answer(&mut stream, &answer, 100).await,
        };
        drop(under_way);
        if written.is_err() {
            return;
        }
    }
}

async fn pass_on(request: &Request, client: &reqwest::Client, target: &str) -> Option<Answer> {
    let method = request.method.parse::<reqwest::Method>().ok()?;
    let mut sent = client.request(method, format!("{target}{}", request.path)).body(request.body.clone());
    for (name, value) in request.headers.iter().filter(|(name, _)| ["authorization", "content-type"].contains(&name.as_str())) {
        sent = sent.header(name, value);
    }
    let answer = sent.send().await.ok()?;
    let status = answer.status().as_u16();
    let dropped = ["content-length", "transfer-encoding", "connection"];
    let headers = answer.headers().iter().filter(|(name, _)| !dropped.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned())).collect();
    let body = answer.bytes().await.ok()?.to_vec();
    Some(Answer { status, headers, body })
}

/// The answer that arrives, and what was really done to it.
async fn disturbed(fate: Fate, request: &Request, answer: Answer, shared: &Shared) -> (Fate, Answer) {
    if !request.is_about_campaigns() || answer.status == 404 {
        return delayed(fate, answer, shared).await;
    }
    // Somebody waits to change places: this is the one.
    let waiting = shared.inner().waiting.take();
    let answer = match waiting {
        Some((other, waiting)) => match waiting.send(answer) {
            Ok(()) => return (Fate::Swapped, other),
            Err(answer) => answer,
        },
        None => answer,
    };
    let earlier = {
        let mut inner = shared.inner();
        let of_method: Vec<Answer> =
            inner.answers.iter().filter(|(method, _)| *method == request.method).map(|(_, answer)| answer.clone()).collect();
        inner.answers.push((request.method.clone(), answer.clone()));
        if inner.answers.len() > 40 {
            inner.answers.remove(0);
        }
        if of_method.is_empty() {
            None
        } else {
            let at = inner.random(of_method.len() as u64);
            Some(of_method[usize::try_from(at).unwrap()].clone())
        }
    };
    match (fate, earlier) {
        (Fate::Repeated, Some(earlier)) => (fate, earlier),
        (Fate::Repeated, None) => (Fate::Whole, answer),
        (Fate::Swapped, _) => swapped(answer, shared).await,
        _ => delayed(fate, answer, shared).await,
    }
}

async fn delayed(fate: Fate, answer: Answer, shared: &Shared) -> (Fate, Answer) {
    match fate {
        Fate::Delayed => {
            let wait = shared.inner().random(15);
            tokio::time::sleep(Duration::from_millis(wait)).await;
            (fate, answer)
        }
        // What is not swapped or repeated arrives as it is.
        Fate::Repeated | Fate::Swapped => (Fate::Whole, answer),
        _ => (fate, answer),
    }
}

/// Changes places with the next answer; where no other request is under way, nothing happens.
async fn swapped(answer: Answer, shared: &Shared) -> (Fate, Answer) {
    let (give, waits) = oneshot::channel();
    shared.inner().waiting = Some((answer.clone(), give));
    let mut under_way = shared.under_way.subscribe();
    tokio::select! {
        other = waits => other.map_or((Fate::Whole, answer), |other| (Fate::Swapped, other)),
        _ = under_way.wait_for(|under_way| *under_way < 2) => {
            // Somebody may have taken it just now: then this one gets none, as though it had been dropped.
            match shared.inner().waiting.take() {
                Some(_) => (Fate::Whole, answer),
                None => (Fate::DroppedAfter, answer),
            }
        }
    }
}
