//! The suite that every mailbox is held to.
//!
//! Another implementation needs a [`Stage`] and a loop over [`cases`] in `main`, with a fresh stage
//! for each case.

use std::{future::Future, pin::Pin};

use crate::{
    accounts, concurrency, fetching, hosting, kept, putting, recipients, stage::Stage, time,
};

/// A test: its name and its story on a stage of its own.
pub type Case<S> = (&'static str, fn(S) -> Story);
pub type Story = Pin<Box<dyn Future<Output = ()>>>;

macro_rules! cases {
    ($($module:ident { $($case:ident,)+ })+) => {
        /// All cases.
        pub fn cases<S: Stage>() -> Vec<Case<S>> {
            vec![$($(
                (
                    concat!(stringify!($module), "::", stringify!($case)),
                    |stage: S| Box::pin(async move { $module::$case(&stage).await }),
                ),
            )+)+]
        }
    };
}

cases! {
    accounts {
        mediation_is_granted_once_and_kept_in_the_form_it_came_in,
        there_are_no_more_accounts_than_allowed,
        who_has_no_account_learns_only_that,
        an_account_moves_with_all_it_has,
        a_move_hits_neither_another_account_nor_nobody,
        a_forgotten_account_leaves_nothing_and_frees_its_recipients,
        a_forgotten_account_makes_room,
        everything_is_there_after_a_restart,
    }
    recipients {
        a_did_is_registered_once_and_by_one,
        both_forms_of_a_did_are_the_same,
        there_are_no_more_recipients_than_allowed,
        unregistering_keeps_what_waits_and_refuses_what_comes,
        what_was_never_registered_is_not_unregistered,
        what_one_unregistered_another_may_register,
        what_is_registered_again_counts_what_still_waits,
        recipients_are_told_by_the_page,
    }
    putting {
        an_envelope_to_nobody_is_refused,
        the_outcome_names_the_account_in_its_kept_form,
        a_flooded_recipient_shuts_out_no_other,
        a_recipient_has_room_for_so_many_bytes,
        an_account_has_room_for_so_many_messages,
        an_account_has_room_for_so_many_bytes,
        the_mailbox_has_room_for_so_many_bytes,
        what_was_refused_takes_no_room,
        removing_makes_room,
        foreign_and_unknown_ids_touch_nothing,
        changes_are_made_in_order_and_see_the_earlier_ones,
        no_changes_have_no_outcomes,
    }
    fetching {
        the_oldest_comes_first,
        so_many_and_not_these,
        so_many_bytes_but_always_one,
        one_recipient_at_a_time,
        a_large_envelope_is_unchanged,
        status_counts_and_spans,
        a_fetch_tells_of_all_that_waits,
    }
    hosting {
        who_has_an_account_has_invitations_hosted,
        an_invitation_hosted_again_keeps_its_page_for_longer,
        an_account_hosts_so_many_invitations,
        many_at_once_are_no_more_than_allowed,
        hosted_invitations_take_room_and_give_it_back,
        hosted_invitations_follow_their_account_and_outlast_a_restart,
    }
    kept {
        the_first_who_keeps_something_decides_what_it_is,
        what_is_kept_is_bounded,
    }
    time {
        what_is_held_back_is_not_delivered_before,
        what_is_too_old_is_not_delivered_and_is_swept,
        sweeping_makes_room,
        a_sweep_is_bounded_and_the_next_goes_on,
    }
    concurrency {
        as_many_are_stored_as_fit,
        an_account_takes_no_more_from_many_recipients,
        who_has_no_room_takes_none_from_those_beside_him,
        one_of_two_who_register_a_did_gets_it,
        one_of_many_gets_the_last_account,
        what_many_remove_at_once_is_counted_once,
        put_and_remove_at_once_leave_true_counts,
        changes_that_get_in_each_others_way_are_all_made,
        accounts_are_forgotten_while_others_write_to_them,
    }
}
