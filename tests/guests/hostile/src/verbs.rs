// Every verb, by subject. Both sides are made of this one list: the guest's functions, and the tests of the
// same names, which include this file. A verb that either of them lacks does not compile.
macro_rules! verbs {
    ($then:ident) => {
        $then! {
            time: [
                spins_for_ever,
                spins_while_it_starts,
                spins_while_it_is_handed_something,
                spins_through_the_host,
                sleeps_for_an_hour,
                reads_nothing_a_million_times,
                reads_the_same_byte_for_ever,
            ];
            memory: [
                grows_to_the_cap,
                allocates_without_end,
                recurses_without_end,
                hands_over_three_gigabytes,
                hands_over_twenty_megabytes,
                saves_a_gigabyte,
                asks_for_a_terabyte_of_random_bytes,
            ];
            handles: [
                forges_handles,
                uses_a_blob_as_a_response,
                uses_a_dropped_blob,
                uses_the_blob_of_an_earlier_call,
                calls_the_host_from_within_its_call,
                keeps_every_response,
            ];
            answers: [
                returns_a_receipt_of_ten_megabytes,
                finds_a_million_objects,
                finds_the_same_portion_for_ever,
                finds_objects_with_endless_facts,
                finds_names_that_lead_elsewhere,
                answers_in_broken_text,
                answers_with_escape_sequences,
                keeps_the_hosts_own_values,
            ];
            words: [
                floods_the_log,
                floods_standard_error,
                writes_a_line_of_a_megabyte,
                writes_escape_sequences,
                prints_its_secret,
                panics_with_a_megabyte,
                fails_with_its_secret,
            ];
            world: [
                ends_its_process,
                opens_the_root,
                looks_around,
                connects_a_socket,
                looks_up_a_name,
            ];
            addresses: [
                asks_for_cloud_credentials,
                asks_a_mapped_address,
                asks_an_abbreviated_address,
                asks_an_address_in_one_number,
                asks_localhost_with_a_dot,
                hides_a_host_behind_a_user_name,
                asks_a_lookalike,
                asks_another_port,
                asks_where_it_is_redirected,
                asks_a_name_that_moves,
            ];
            protocol: [
                injects_a_header,
                sends_headers_of_the_host,
                sends_two_lengths,
                sends_ten_thousand_headers,
                reads_ten_thousand_headers,
                reads_two_lengths,
                reads_a_short_body,
                reads_an_endless_body,
                reads_a_bomb,
                waits_for_a_dribbled_head,
                waits_for_a_dribbled_body,
                uploads_to_one_who_does_not_read,
                leaves_before_its_upload_is_whole,
                asks_a_server_with_anothers_certificate,
            ];
        }
    };
}
