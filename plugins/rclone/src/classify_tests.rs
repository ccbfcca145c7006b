//! Texts as rclone 1.75.2 said them to real and to misbehaving servers.

use super::*;

fn verdict(text: &str) -> Verdict {
    classify(500, text)
}

fn is_configuration(text: &str, mend: &str) {
    match verdict(text) {
        Configuration(found) => assert_eq!(found, mend, "{text}"),
        other => panic!("{text} is {other:?}"),
    }
}

#[test]
fn a_server_that_is_not_there_is_tried_again() {
    for text in [
        r#"NewFs: failed to make FTP connection to "127.0.0.1:53701": dial tcp 127.0.0.1:53701: connect: connection refused"#,
        "NewFs: couldn't connect SSH: dial tcp 127.0.0.1:53701: connect: connection refused",
        r#"read metadata failed: Propfind "http://127.0.0.1:53701/d/a.jpg": dial tcp 127.0.0.1:53701: connect: connection refused"#,
        r#"operation error S3: HeadObject, exceeded maximum number of attempts, 1, https response error StatusCode: 0, RequestID: , HostID: , request send failed, Head "http://127.0.0.1:53701/bkt/d/a.jpg": dial tcp 127.0.0.1:53701: connect: connection refused"#,
        r#"NewFs: failed to make FTP connection to "127.0.0.1:50983": read tcp 127.0.0.1:53614->127.0.0.1:50983: i/o timeout"#,
        "NewFs: couldn't connect SSH: ssh: handshake failed: read tcp 127.0.0.1:60594->127.0.0.1:42603: i/o timeout",
        r#"read metadata failed: Propfind "http://127.0.0.1:41675/d/a.jpg": net/http: timeout awaiting response headers"#,
        r#"NewFs: failed to make FTP connection to "nope.invalid:21": dial tcp: lookup nope.invalid on 127.0.0.57:53: no such host"#,
        r#"read metadata failed: Propfind "http://nope.invalid/d/a.jpg": dial tcp: lookup nope.invalid on 127.0.0.57:53: server misbehaving"#,
        "update stor: EOF",
        "EOF",
        "update stor: 2 errors occurred:\n\t* write tcp 127.0.0.1:51532->127.0.0.1:42984: write: broken pipe\n\t* EOF\n\n",
    ] {
        assert_eq!(verdict(text), Offline, "{text}");
    }
}

#[test]
fn a_login_that_is_refused_because_of_a_crowd_is_no_wrong_password() {
    for text in [
        r#"NewFs: failed to make FTP connection to "h:21": 530 "Sorry, the maximum number of clients (2) from your host are already connected.""#,
        r#"NewFs: failed to make FTP connection to "h:21": 530 "Too many connections from this address""#,
        r#"NewFs: failed to make FTP connection to "h:21": 421 "There are too many connections from your internet address.""#,
    ] {
        assert_eq!(verdict(text), Busy { pause: SHORT }, "{text}");
    }
}

#[test]
fn a_busy_server_is_left_alone_for_a_while() {
    for text in [
        r#"NewFs: failed to make FTP connection to "127.0.0.1:38281": 421 "Too many connections from your internet address.""#,
        r#"update stor: 421 "Too many connections""#,
        r#"update stor: 450 "File busy""#,
        "update stor: 1 error occurred:\n\t* 451 \"Local error\"\n\n",
        "update stor: 1 error occurred:\n\t* 451 \"Failure writing to local file.\"\n\n",
        "update stor: 1 error occurred:\n\t* 426 \"None; transfer aborted.\"\n\n",
        "unchunked simple update failed: slow: 429 Too Many Requests",
        "unchunked simple update failed: oops: 500 Internal Server Error",
        "unchunked simple update failed: bad gw: 502 Bad Gateway",
        "unchunked simple update failed: maint: 503 Service Unavailable",
        "unchunked simple update failed: 504 Gateway Timeout",
        "operation error S3: PutObject, exceeded maximum number of attempts, 1, https response error StatusCode: 503, RequestID: , HostID: , api error SlowDown: msg SlowDown",
        "operation error S3: PutObject, exceeded maximum number of attempts, 1, https response error StatusCode: 500, RequestID: , HostID: , api error InternalError: msg InternalError",
        "operation error S3: PutObject, https response error StatusCode: 429, RequestID: , HostID: , api error TooManyRequests: msg TooManyRequests",
        "googleapi: Error 403: Rate Limit Exceeded, rateLimitExceeded",
    ] {
        assert!(matches!(verdict(text), Busy { .. }), "{text} is {:?}", verdict(text));
    }
}

#[test]
fn a_file_that_is_being_written_is_looked_at_again() {
    for text in [
        "can't copy - source file is being updated (size changed from 3000000 to 3050000)",
        "Update ReadFrom failed: can't copy - source file is being updated (size changed from 3050000 to 3100000)",
        r#"operation error S3: PutObject, exceeded maximum number of attempts, 1, https response error StatusCode: 0, RequestID: , HostID: , request send failed, Put "http://127.0.0.1:37379/bkt/d/grow.jpg?x-id=PutObject": can't copy - source file is being updated (size changed from 3050000 to 3100000)"#,
    ] {
        assert_eq!(verdict(text), Changing, "{text}");
    }
}

/// A server takes the end of a data connection for the end of the file, so a lost connection looks so too.
#[test]
fn what_arrives_cut_off_or_mixed_is_not_blamed_on_the_file_alone() {
    for text in [
        "corrupted on transfer: sizes differ src(Local file system at @media) 1000000 vs dst(ftp://127.0.0.1:34653/photos) 300000",
        r#"corrupted on transfer: md5 hashes differ src(Local file system at @media) "" vs dst(Local file system at @target) "6fb938e5058e41630fcbb6bebd759fdc""#,
    ] {
        assert_eq!(verdict(text), Damaged, "{text}");
    }
}

#[test]
fn a_lock_on_one_object_does_not_stop_the_others() {
    let text = "unchunked simple update failed: Locked: 423 Locked";
    assert_eq!(verdict(text), Locked);
    assert!(matches!(refusal(500, text), Refusal::Fault(Fault::Retry(said)) if said.contains("in use")));
}

#[test]
fn what_only_a_person_can_mend_blocks_the_target() {
    is_configuration(
        r#"NewFs: failed to make FTP connection to "127.0.0.1:55769": 530 "Incorrect password, not logged in""#,
        LOG_IN,
    );
    is_configuration(
        r#"NewFs: failed to make FTP connection to "127.0.0.1:1": 530 "Permission denied.""#,
        LOG_IN,
    );
    is_configuration(
        "NewFs: couldn't connect SSH: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none password], no supported methods remain",
        LOG_IN,
    );
    is_configuration("read metadata failed: 401 Unauthorized: 401 Unauthorized", LOG_IN);
    is_configuration("unchunked simple update failed: denied: 401 Unauthorized", LOG_IN);
    is_configuration(
        "operation error S3: HeadObject, https response error StatusCode: 403, RequestID: , HostID: , api error Forbidden: Forbidden",
        KEYS,
    );
    is_configuration(
        "operation error S3: PutObject, https response error StatusCode: 403, RequestID: , HostID: , api error AccessDenied: msg AccessDenied",
        KEYS,
    );
    is_configuration(
        "operation error S3: PutObject, https response error StatusCode: 403, RequestID: , HostID: , api error RequestTimeTooSkewed: The difference is too large",
        CLOCK,
    );
    is_configuration(
        "operation error S3: PutObject, https response error StatusCode: 404, RequestID: 007225DC54ED0628, HostID: x, api error NoSuchBucket: The specified bucket does not exist",
        NO_BUCKET,
    );
    is_configuration(r#"didn't find section in config file ("nosuch")"#, NO_REMOTE);
    is_configuration(r#"didn't find backend called "nosuchtype""#, NO_BACKEND);
    is_configuration(
        "couldn't connect to ssh-agent: SSH agent requested but SSH_AUTH_SOCK not-specified",
        NO_LOGIN,
    );
    is_configuration(
        "couldn't decrypt password: base64 decode failed when revealing password - is it obscured?: illegal base64 data",
        NO_LOGIN,
    );
    is_configuration(
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        CERTIFICATE,
    );
}

#[test]
fn a_full_target_is_told_from_a_busy_one_where_the_text_says_so() {
    for text in [
        r#"update stor: 452 "Insufficient storage space""#,
        r#"update stor: 552 "Exceeded storage allocation""#,
        "update stor: 1 error occurred:\n\t* 552 \"Quota exceeded\"\n\n",
        "update stor: 1 error occurred:\n\t* 450 \"error during transfer: write /w/two.jpg.4d6fba2f.partial: no space left on device\"\n\n",
        "unchunked simple update failed: no space: 507 Insufficient Storage",
        "operation error S3: PutObject, https response error StatusCode: 403, RequestID: , HostID: , api error QuotaExceeded: msg QuotaExceeded",
        "operation error S3: PutObject, https response error StatusCode: 507, RequestID: , HostID: , api error InsufficientStorage: msg InsufficientStorage",
        "preallocate: file too big for remaining disk space",
        "write /w/tmpfs/two.jpg.4d6fba2f.partial: no space left on device",
        r#"Update Close failed: sftp: "write /w/two.jpg.4d6fba2f.partial: no space left on device" (SSH_FX_FAILURE)"#,
    ] {
        assert_eq!(verdict(text), Full, "{text}");
    }
}

#[test]
fn a_refusal_of_one_file_concerns_that_file() {
    for text in [
        r#"update stor: 550 "Permission denied""#,
        r#"update stor: 553 "Could not create file.""#,
        "unchunked simple update failed: forbidden: 403 Forbidden",
        "unchunked simple update failed: 405 Method Not Allowed",
        "unchunked simple update failed: Method Not Allowed: 405 Method Not Allowed",
        "unchunked simple update failed: conflict: 409 Conflict",
        "unchunked simple update failed: too large: 413 Request Entity Too Large",
        "operation error S3: PutObject, https response error StatusCode: 400, RequestID: , HostID: , api error InvalidArgument: msg InvalidArgument",
        "open /w/ro/a.jpg.2a461b5d.partial: permission denied",
        "failed to open source object: open /w/secret/a.jpg: permission denied",
        "mkdir /w/ro/new: permission denied",
        "lstat /w/nnnn: file name too long",
        "update stor: 1 error occurred:\n\t* 450 \"error during transfer: open /w/nnnn: file name too long\"\n\n",
        "is a directory not a file",
    ] {
        assert!(matches!(verdict(text), Item(_)), "{text} is {:?}", verdict(text));
    }
    assert_eq!(classify(404, "update getinfo: object not found"), Item(HIDDEN));
}

#[test]
fn stopping_is_no_failure() {
    assert_eq!(verdict("update stor: 1 error occurred:\n\t* context canceled\n\n"), Cancelled);
}

#[test]
fn what_is_not_there_is_missing() {
    assert_eq!(classify(404, "object not found"), Missing);
    assert_eq!(classify(404, "error in ListJSON: directory not found"), Missing);
    assert_eq!(classify(500, r#"error in ListJSON: 501 "No such directory.""#), Missing);
}

#[test]
fn an_ability_that_is_lacking_is_unsupported() {
    assert_eq!(verdict("ftp://127.0.0.1:34491 doesn't support public links"), Unsupported);
    assert_eq!(verdict("webdav root '' doesn't support public links"), Unsupported);
}

#[test]
fn rclone_itself_is_told_from_the_storage_behind_it() {
    assert_eq!(classify(401, "401 Unauthorized\n"), Offline);
    assert!(matches!(classify(404, r#"couldn't find method "operations/fsinfo""#), Configuration(TOO_OLD)));
    assert!(matches!(classify(403, "authentication must be set up on the rc server"), Configuration(_)));
}

#[test]
fn an_unknown_text_is_tried_again() {
    assert_eq!(verdict("chtimes /w/x.jpg.e3723f2c.partial: no such file or directory"), Unknown);
    assert!(matches!(refusal(500, "something new"), Refusal::Fault(Fault::Retry(_))));
}

#[test]
fn a_sentence_says_what_to_mend_and_what_was_said() {
    let Refusal::Fault(Fault::Blocked(text)) =
        refusal(500, r#"didn't find section in config file ("nosuch")"#)
    else {
        panic!("not blocked")
    };
    assert!(
        text.contains("rclone config")
            && text.ends_with(r#"(didn't find section in config file ("nosuch"))"#),
        "{text}"
    );
}

#[test]
fn an_empty_answer_still_says_something() {
    assert_eq!(refusal(500, ""), Refusal::Fault(Fault::Retry("rclone could not do it: status 500".into())));
}
