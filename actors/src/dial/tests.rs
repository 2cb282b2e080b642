//! Real sockets: a SOCKS5 proxy of a few lines, other addresses of this machine.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// What the proxy does with whoever comes.
#[derive(Clone, Copy)]
pub(super) enum Conduct {
    /// Connects to the port asked for on this machine, whatever the name.
    Serves,
    /// Answers the request with this code.
    Refuses(u8),
    /// Wants a name and password, and takes `me` and `secret`.
    WantsLogin,
    /// Says nothing.
    Silent,
    /// Speaks something else.
    OtherProtocol,
    /// Answers the greeting with these bytes, and hangs up.
    Greets(&'static [u8]),
    /// Answers the request with these bytes, and hangs up.
    Replies(&'static [u8]),
}

/// Serves one connection; returns the name and port that it was asked for.
pub(super) async fn proxy(listener: TcpListener, conduct: Conduct) -> Option<(String, u16)> {
    let (mut stream, _) = listener.accept().await.ok()?;
    match conduct {
        Conduct::Silent => {
            let _ = stream.read_to_end(&mut Vec::new()).await;
            return None;
        }
        Conduct::OtherProtocol => {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            return None;
        }
        Conduct::Greets(bytes) => {
            let _ = stream.write_all(bytes).await;
            let _ = stream.read(&mut [0; 64]).await;
            return None;
        }
        Conduct::Serves | Conduct::Refuses(_) | Conduct::Replies(_) | Conduct::WantsLogin => {}
    }
    let mut head = [0; 2];
    stream.read_exact(&mut head).await.ok()?;
    let mut methods = vec![0; usize::from(head[1])];
    stream.read_exact(&mut methods).await.ok()?;
    if let Conduct::WantsLogin = conduct {
        if !methods.contains(&2) {
            stream.write_all(&[5, 0xff]).await.ok()?;
            return None;
        }
        stream.write_all(&[5, 2]).await.ok()?;
        let mut given = [0; 2 + 2 + 1 + 6];
        stream.read_exact(&mut given).await.ok()?;
        let good = given == *b"\x01\x02me\x06secret";
        stream.write_all(&[1, u8::from(!good)]).await.ok()?;
        if !good {
            return None;
        }
    } else {
        stream.write_all(&[5, 0]).await.ok()?;
    }
    let mut request = [0; 5];
    stream.read_exact(&mut request).await.ok()?;
    assert_eq!(request[..4], [5, 1, 0, 3], "CONNECT to a name");
    let mut name = vec![0; usize::from(request[4]) + 2];
    stream.read_exact(&mut name).await.ok()?;
    let port = u16::from_be_bytes([name[name.len() - 2], name[name.len() - 1]]);
    name.truncate(name.len() - 2);
    let asked = (String::from_utf8(name).ok()?, port);
    if let Conduct::Refuses(code) = conduct {
        let _ = stream.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await;
        return Some(asked);
    }
    if let Conduct::Replies(bytes) = conduct {
        let _ = stream.write_all(bytes).await;
        return Some(asked);
    }
    let mut onward = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
    stream
        .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
        .await
        .ok()?;
    let _ = tokio::io::copy_bidirectional(&mut stream, &mut onward).await;
    Some(asked)
}

/// Nobody may be asked for the address of a name.
pub(super) fn no_names() -> Names {
    let resolve: Resolve = Arc::new(|host| panic!("{host} was looked up"));
    Names::new(resolve, Duration::ZERO)
}

fn dial(host: &str, port: u16, way: Way) -> Dial {
    Dial {
        host: host.to_owned(),
        port,
        tls: Tls::None,
        timeout: Duration::from_secs(20),
        connector: Arc::default(),
        way,
        names: no_names(),
        clock: Clock,
    }
}

async fn through(
    conduct: Conduct,
    login: Option<(&str, &str)>,
    timeout: Duration,
) -> (Result<Transport, ConnectFault>, Option<(String, u16)>) {
    let pool = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = pool.local_addr().unwrap().port();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let way = Way {
        proxy: Some(SocksProxy {
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().unwrap().port(),
            login: login.map(|(name, pass)| (name.to_owned(), pass.to_owned())),
        }),
        ..Way::default()
    };
    let mut dial = dial("pool.onion", port, way);
    dial.timeout = timeout;
    let served = tokio::spawn(proxy(listener, conduct));
    let mut opened = dial.open().await;
    if let Ok(Transport::Plain(stream)) = &mut opened {
        let (mut at_pool, _) = pool.accept().await.unwrap();
        stream.write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        at_pool.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, *b"hello");
        stream.shutdown().await.unwrap();
    }
    let asked = match &opened {
        Err(ConnectFault::Slow { .. }) => None,
        Ok(_) | Err(_) => served.await.unwrap(),
    };
    (opened, asked)
}

const PATIENT: Duration = Duration::from_secs(20);

#[actix::test]
async fn the_proxy_is_told_the_name_and_nothing_is_looked_up_here() {
    let (opened, asked) = through(Conduct::Serves, None, PATIENT).await;
    assert!(opened.is_ok(), "{opened:?}");
    assert_eq!(asked.unwrap().0, "pool.onion");
}

#[actix::test]
async fn a_proxy_that_wants_a_login_gets_it_and_says_when_it_is_wrong() {
    let (opened, asked) = through(Conduct::WantsLogin, Some(("me", "secret")), PATIENT).await;
    // This one ends its part before it passes anything on when the login is wrong.
    assert!(opened.is_ok(), "{opened:?}");
    assert_eq!(asked.unwrap().0, "pool.onion");
    for (login, words) in [
        (Some(("me", "wrong!")), "does not take this name"),
        (None, "wants a name and a password"),
    ] {
        let (opened, _) = through(Conduct::WantsLogin, login, PATIENT).await;
        let told = opened.unwrap_err().to_string();
        assert!(told.contains(words) && !told.contains("wrong!"), "{told}");
    }
}

#[actix::test]
async fn each_refusal_of_a_proxy_is_told_in_words() {
    for (conduct, words) in [
        (Conduct::Refuses(1), "General SOCKS server failure"),
        (
            Conduct::Refuses(2),
            "does not allow to connect to pool.onion",
        ),
        (Conduct::Refuses(4), "does not reach pool.onion"),
        (Conduct::Refuses(5), "pool.onion refuses"),
        (Conduct::Refuses(99), "the SOCKS proxy 127.0.0.1:"),
        (Conduct::OtherProtocol, "no SOCKS5 proxy"),
    ] {
        let (opened, _) = through(conduct, None, PATIENT).await;
        let fault = opened.unwrap_err();
        assert_eq!(fault.class(), ErrorClass::Pool);
        assert!(fault.to_string().contains(words), "{fault}");
    }
    let (opened, _) = through(Conduct::Silent, None, Duration::from_millis(200)).await;
    let told = opened.unwrap_err().to_string();
    assert!(told.contains("waiting for the SOCKS proxy"), "{told}");
}

#[actix::test]
async fn a_connection_comes_from_the_address_that_was_asked_for() {
    let pool = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = pool.local_addr().unwrap().port();
    let from = |source| Way {
        source: Some(source),
        ..Way::default()
    };
    let ours = IpAddr::from([127, 0, 0, 2]);
    let (opened, seen) = tokio::join!(dial("127.0.0.1", port, from(ours)).open(), pool.accept());
    opened.unwrap();
    assert_eq!(seen.unwrap().1.ip(), ours);
    let foreign = IpAddr::from([192, 0, 2, 1]);
    let fault = dial("127.0.0.1", port, from(foreign)).open().await;
    let fault = fault.unwrap_err();
    assert_eq!(fault.class(), ErrorClass::Ours);
    assert!(
        fault.to_string().contains("192.0.2.1, which `source`"),
        "{fault}"
    );
    let other = IpAddr::from(std::net::Ipv6Addr::LOCALHOST);
    let fault = dial("127.0.0.1", port, from(other)).open().await;
    assert!(fault.unwrap_err().to_string().contains("`source` is ::1"));
}

#[actix::test]
async fn of_a_name_with_both_kinds_of_addresses_those_that_are_wanted_are_tried() {
    let pool = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = pool.local_addr().unwrap().port();
    // Nobody listens there on version 6.
    let both: Vec<IpAddr> = vec!["::1".parse().unwrap(), "127.0.0.1".parse().unwrap()];
    let resolve: Resolve = Arc::new(move |_| {
        let both = both.clone();
        Box::pin(async move { Ok(both) })
    });
    for ip in [IpChoice::Any, IpChoice::V4, IpChoice::PreferV6] {
        let way = Way {
            ip,
            ..Way::default()
        };
        let mut dial = dial("pool.example", port, way);
        dial.names = Names::new(Arc::clone(&resolve), Duration::ZERO);
        let (opened, seen) = tokio::join!(dial.open(), pool.accept());
        assert!(opened.is_ok() && seen.is_ok(), "{ip:?}: {opened:?}");
    }
    let way = Way {
        ip: IpChoice::V6,
        ..Way::default()
    };
    let fault = dial("127.0.0.1", port, way).open().await.unwrap_err();
    assert!(
        fault.to_string().contains("`ip` asks for others"),
        "{fault}"
    );
}

#[actix::test]
async fn hostile_replies_of_a_proxy_are_faults_of_the_way() {
    for conduct in [
        Conduct::Greets(b""),
        Conduct::Greets(b"\x05"),
        Conduct::Greets(b"\x04\x00"),
        Conduct::Greets(b"\x05\x01"),
        Conduct::Greets(b"\x05\x02"),
        Conduct::Replies(b""),
        Conduct::Replies(b"\x05\x00\x00"),
        Conduct::Replies(b"\x04\x00\x00\x01\x00\x00\x00\x00\x00\x00"),
        Conduct::Replies(b"\x05\x00\x07\x01\x00\x00\x00\x00\x00\x00"),
        Conduct::Replies(b"\x05\x00\x00\x09\x00\x00\x00\x00\x00\x00"),
        Conduct::Replies(b"\x05\x00\x00\x03\xffshort"),
        Conduct::Replies(b"\x05\x00\x00\x03\x02\xff\xfe\x00\x00"),
    ] {
        let (opened, _) = through(conduct, None, PATIENT).await;
        let fault = opened.unwrap_err();
        assert_eq!(fault.class(), ErrorClass::Pool, "{fault}");
        let words = fault.to_string();
        assert!(words.starts_with("the SOCKS proxy 127.0.0.1:"), "{words}");
    }
}

#[actix::test]
async fn a_pool_of_version_6_is_reached_where_this_machine_has_it() {
    let way = |ip| Way {
        ip,
        ..Way::default()
    };
    let pool = match TcpListener::bind("[::1]:0").await {
        Ok(pool) => pool,
        Err(why) => {
            println!("no ::1 on this machine ({why}): only the fault is looked at");
            let fault = dial("::1", 9, way(IpChoice::Any)).open().await;
            let words = fault.unwrap_err().to_string();
            assert!(words.starts_with("can't connect to [::1]:9"), "{words}");
            return;
        }
    };
    let port = pool.local_addr().unwrap().port();
    for ip in [IpChoice::Any, IpChoice::V6, IpChoice::PreferV4] {
        let (opened, seen) = tokio::join!(dial("::1", port, way(ip)).open(), pool.accept());
        assert!(opened.is_ok(), "{ip:?}: {opened:?}");
        assert!(seen.unwrap().1.is_ipv6());
    }
    let fault = dial("::1", port, way(IpChoice::V4)).open().await;
    assert!(fault.unwrap_err().to_string().contains("`ip` asks for"));
}

#[actix::test]
async fn a_resolver_that_falls_silent_leaves_time_for_the_last_addresses() {
    let pool = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = pool.local_addr().unwrap().port();
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let resolve: Resolve = Arc::new(move |_| {
        let is_first = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        Box::pin(async move {
            if !is_first {
                std::future::pending::<()>().await;
            }
            Ok(vec![Ipv4Addr::LOCALHOST.into()])
        })
    });
    let names = Names::new(resolve, Duration::ZERO);
    for is_old in [false, true] {
        let mut dial = dial("pool.example", port, Way::default());
        dial.names = names.clone();
        if is_old {
            dial.timeout = Duration::from_secs(2);
        }
        let (opened, seen) = tokio::join!(dial.open(), pool.accept());
        assert!(opened.is_ok() && seen.is_ok(), "{opened:?}");
        assert_eq!(names.is_old("pool.example"), is_old);
    }
}
