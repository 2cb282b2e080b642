//! A SOCKS5 proxy.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// A proxy that connects to the port asked for on this machine, whatever the name. Dropping it ends
/// it.
pub struct Socks {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    /// Whether it refuses to connect to anybody.
    pub refuses: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Socks {
    /// Starts one.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (refuses, ended) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let (names, refusing, over) = (asked.clone(), refuses.clone(), ended.clone());
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (names, refusing) = (names.clone(), refusing.clone());
                thread::spawn(move || serve(stream, &names, &refusing));
            }
        });
        Self {
            address,
            asked,
            refuses,
            ended,
            thread: Some(thread),
        }
    }

    /// The names that it was asked for, each with its port.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Socks {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Passes one connection on, until either side ends it.
fn serve(
    mut stream: TcpStream,
    names: &Mutex<Vec<String>>,
    refuses: &AtomicBool,
) -> io::Result<()> {
    let mut greeting = [0; 2];
    stream.read_exact(&mut greeting)?;
    stream.read_exact(&mut vec![0; usize::from(greeting[1])])?;
    stream.write_all(&[5, 0])?;
    let mut request = [0; 5];
    stream.read_exact(&mut request)?;
    let mut name = vec![0; usize::from(request[4])];
    stream.read_exact(&mut name)?;
    let mut port = [0; 2];
    stream.read_exact(&mut port)?;
    let port = u16::from_be_bytes(port);
    let name = String::from_utf8_lossy(&name).into_owned();
    // The type of address 3 is a name: what was resolved before would be 1 or 4.
    names.lock().unwrap().push(format!("{}/{name}", request[3]));
    if refuses.load(Ordering::Relaxed) {
        return stream.write_all(&[5, 2, 0, 1, 0, 0, 0, 0, 0, 0]);
    }
    let mut onward = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    let (mut from, mut to) = (stream.try_clone()?, onward.try_clone()?);
    let back = thread::spawn(move || {
        let _ = io::copy(&mut onward, &mut stream);
        let _ = stream.shutdown(Shutdown::Both);
    });
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = back.join();
    Ok(())
}
