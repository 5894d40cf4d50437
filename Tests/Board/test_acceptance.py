"""The acceptance tests that make sense through the forwarded port, as they are.

Chosen are those that a board's kernel, network and processor could make fail: every client with every version, data in
every size and shape, many connections at once, their ends, resumption, strangers.

Left out are those of options, files and bad input (the same binary runs them under qemu-user), those that look at the
server's process, those that need the configuration with 4 connections, and those of resets, refusals and crowds at the
door: qemu's network accepts in the board's place, one client after the other, and makes an ordinary end of a reset.
"""
import pytest

pytest.register_assert_rewrite("test_article", "test_clients", "test_close", "test_hostile", "test_resumption",
                               "test_transfer", "test_versions")

from test_article import (                                                              # noqa: E402
    test_client_of_the_article, test_respond_answers_every_size_up_to_its_maximum,
    test_right_name_is_accepted, test_untrusted_certificate_is_rejected_by_the_client,
    test_wrong_name_is_rejected_by_a_client_that_checks)
from test_clients import (                                                              # noqa: E402
    test_every_suite_of_tls_1_2, test_every_suite_of_tls_1_3, test_gnutls, test_openssl, test_python,
    test_the_log_names_version_and_suite, test_the_newest_version_is_chosen)
from test_close import (                                                                # noqa: E402
    test_both_sides_close_in_good_order, test_close_notify_and_half_closed_socket,
    test_close_notify_right_behind_the_data, test_end_within_a_record, test_half_close_without_close_notify)
from test_hostile import (                                                              # noqa: E402
    test_alert_instead_of_a_hello, test_client_that_goes_away, test_garbage_after_the_handshake,
    test_garbage_is_refused_at_once, test_record_sent_twice, test_spoilt_record_is_never_echoed)
from test_resumption import (                                                           # noqa: E402
    test_session_survives_a_reset_connection, test_spoilt_ticket_leads_to_a_full_handshake)
from test_transfer import (                                                             # noqa: E402
    test_bulk_comes_back_equal, test_data_right_behind_the_handshake, test_handshake_in_random_pieces,
    test_many_connections_at_once_get_their_own_bytes, test_many_records_in_one_segment,
    test_one_byte_segments_through_everything, test_record_of_every_size,
    test_two_connections_do_not_wait_for_each_other)
from test_versions import (                                                             # noqa: E402
    test_older_versions_are_refused, test_other_suites_are_refused, test_renegotiation_is_refused)
