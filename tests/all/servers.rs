//! The suite, for every server.

use crate::suite;

/// One module for each server, with one test for each function of the suite.
macro_rules! every_server {
    ($($server:ident: $kind:ident),+ $(,)?) => {
        $(mod $server {
            use booth_tests::{Kind::$kind, Need, needs};

            every_server!(@topics $kind:
                transfer::a_picture_is_put_replaced_and_deleted,
                transfer::names_of_every_kind_arrive_as_they_are,
                transfer::an_empty_file_arrives,
                transfer::a_video_of_300_mb_arrives,
                transfer::one_sync_brings_everything_and_exits_well,
                takeover::a_filled_web_space_is_taken_over_without_uploading_twice,
                trouble::a_server_that_was_killed_in_the_middle_gets_the_rest_when_it_is_back,
                trouble::a_wrong_password_blocks_the_target_until_it_is_mended,
                trouble::a_booth_that_is_killed_in_the_middle_goes_on_where_it_was,
            );

            #[test]
            fn a_full_disk_is_told_and_everything_arrives_once_there_is_room() {
                needs!(Need::Server($kind), Need::SmallDisk);
                super::suite::full_disk::a_full_disk_is_told_and_everything_arrives_once_there_is_room($kind);
            }
        })+
    };
    (@topics $kind:ident: $($file:ident::$topic:ident),+ $(,)?) => {
        $(#[test]
        fn $topic() {
            needs!(Need::Server($kind));
            super::suite::$file::$topic($kind);
        })+
    };
}

every_server! {
    rclone_ftp: RcloneFtp,
    rclone_sftp: RcloneSftp,
    rclone_webdav: RcloneWebdav,
    rclone_s3: RcloneS3,
    vsftpd: Vsftpd,
    pyftpdlib: Pyftpdlib,
}

mod buckets {
    use booth_tests::Kind::RcloneS3;

    #[test]
    fn a_missing_bucket_blocks_the_target_and_is_not_created() {
        super::suite::missing::a_missing_bucket_blocks_the_target_and_is_not_created(RcloneS3);
    }
}

mod folders {
    use booth_tests::Kind::{Pyftpdlib, RcloneFtp, RcloneSftp, RcloneWebdav, Vsftpd};
    use booth_tests::{Need, needs};

    macro_rules! a_missing_folder_is_made_on {
        ($($test:ident: $kind:ident),+ $(,)?) => {
            $(#[test]
            fn $test() {
                needs!(Need::Server($kind));
                super::suite::missing::a_missing_folder_is_made($kind);
            })+
        };
    }

    a_missing_folder_is_made_on! {
        a_missing_folder_is_made_on_rclone_ftp: RcloneFtp,
        a_missing_folder_is_made_on_rclone_sftp: RcloneSftp,
        a_missing_folder_is_made_on_rclone_webdav: RcloneWebdav,
        a_missing_folder_is_made_on_vsftpd: Vsftpd,
        a_missing_folder_is_made_on_pyftpdlib: Pyftpdlib,
    }
}
