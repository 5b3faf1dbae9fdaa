/* SPDX-License-Identifier: ISC */
/* The running daemon, and the functions that its parts call in each other. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "io/control.h"
#include "io/loop.h"
#include "io/resume.h"
#include "mdns/mdns.h"
#include "net/dns.h"
#include "net/mdns.h"
#include "ontap-zone/collecting.h"
#include "ontap-zone/company.h"
#include "ontap-zone/confine.h"
#include "ontap-zone/files.h"
#include "ontap-zone/guests.h"
#include "ontap-zone/keeper.h"
#include "ontap-zone/listening.h"
#include "ontap-zone/peers.h"
#include "ontap-zone/places.h"
#include "ontap-zone/runtime.h"
#include "ontap-zone/signatures.h"
#include "ontap-zone/signer.h"
#include "ontap-zone/spoken.h"
#include "ontap-zone/state.h"
#include "ontap-zone/updates.h"
#include "watch/watcher.h"

/* Longest time for goodbyes. */
#define GOODBYE_PATIENCE (2 * NS_PER_S)

/* The streams of the control socket (io/control.h). */
enum daemon_stream {
	STREAM_NONE,
	STREAM_CHANGES, /* "watch": each record that changes, and events of mDNS */
	STREAM_STATE,   /* "follow": only that something may have changed */
	STREAM_RELOAD,  /* "reload": wait for its outcome */
	STREAM_STOP,    /* "stop": wait for the end */
	STREAM_FORGET   /* "forget": wait for its outcome */
};

/* The sleep of the machine (ontap-zone/sleep.h). */
struct sleep {
	struct loop_watch watch; /* of the sleeper; fd -1: there is none */
	pid_t pid;
	struct sandbox_report sandbox;
	ns_t said_by;  /* the machine waits for goodbyes until then; NS_NEVER: it does not */
	ns_t awake_at; /* it did not sleep after all; NS_NEVER: it is awake */
};

struct daemon {
	struct loop *loop;
	struct log *log;
	const struct options_args *args;
	struct runtime runtime;
	struct watcher *watcher;
	struct dns *dns;
	struct listening listening;
	struct updates *updates;
	struct collecting *collecting; /* NULL: nothing is collected */
	struct peers *peers;           /* NULL until the first dump is complete */
	struct mdns *mdns;
	struct mdns_net *mdns_net;
	struct spoken spoken;    /* between the two */
	struct signer_host host; /* the key of this host; no name: it has none */
	struct control *control;
	struct control *resolve; /* NULL: there is none */
	struct files files;
	struct guests guests;
	struct keeper *keeper;         /* NULL once it has ended */
	struct signer *signer;         /* NULL: nothing is signed */
	struct signatures *signatures; /* NULL: nothing is signed */
	struct log_limit late_limit;
	struct loop_watch signer_watch;
	uint32_t signer_events; /* that the loop waits for */
	uint64_t signer_ticket; /* of the last command */
	uint64_t update_ticket; /* of the last update that it was asked to sign */
	bool has_signatures;    /* that the next flush publishes */
	uint32_t longest_ttl;   /* in signed zones, as the signer was told */
	struct log_limit no_place_limit;
	ns_t refresh_at; /* the next look for signatures that end soon; 0: not before the first is made */
	struct conf_keys keys; /* from the first load until the peers have them */
	struct loop_watch watcher_watch, keeper_watch, signal_watch;
	uint32_t keeper_events;     /* that the loop waits for */
	bool has_kept;              /* the keeper has had its time of this turn */
	struct retry watcher_retry; /* there was no memory for its next event */
	struct retry again_retry;   /* events were refused, and are asked for again */
	struct retry keeper_retry;  /* likewise for its next record */
	struct resume resume;
	struct sleep sleep;
	struct buf watch_lines; /* for `watch`: the changes of this flush */
	struct places places;   /* of addresses that were removed since the last flush */
	bool has_news;          /* the answer to "names" may be another one now */
	struct cookie_keys cookie_keys;
	struct state_serial serial;
	struct state_names names;
	ns_t started;
	bool is_ready, is_stopping;
	struct company company;
	struct confinement confinement;
	bool has_to_look;       /* for other members of the mDNS group */
	unsigned other_sockets; /* on port 5353, as of the last look */
	const char *user_name;  /* of `user`; NULL: the user stays */
	struct privilege_user user;
	unsigned forgetting; /* what "forget" waits for: updates, the collector */
	bool has_forgotten;  /* neither has failed */
	bool has_to_reload;  /* as soon as it is ready, and no reload goes on */
	bool is_reloading;   /* the keeper reads, or sends what it has read */
	struct buf told;     /* what has been logged during that reload */
	bool has_failed;
	uint8_t packet[9000];
};

/* The sink of the pipeline: passes its events to the daemon that contains the runtime. */
extern const struct pipeline_sink daemon_sink;

/* Ensures that no serial is used again after this daemon is killed. */
void daemon_reserve_serial(struct daemon *d) NONNULL;

/* Publishes the changes, and tells everything that depends on them. */
void daemon_flush(struct daemon *d) NONNULL;

/* Stores the mDNS names that are used in place of others, if that is due at `now`. */
void daemon_store_names(struct daemon *d, ns_t now) NONNULL;

/* Handlers for events of the loop and the sockets; `arg` is the daemon. */
void daemon_on_signal(void *arg, uint32_t events);
void daemon_on_watcher(void *arg, uint32_t events);
void daemon_on_keeper(void *arg, uint32_t events);
void daemon_on_forgotten(void *arg, bool is_done);
void daemon_on_collect_news(void *arg, const struct collect_news *news);
void daemon_on_published(void *arg);
void daemon_on_written(void *arg, const struct keeper_written *written);
int daemon_on_event(void *arg, const struct event *ev);

/* Makes the watcher report again what was refused, if there is room for it. */
void daemon_ask_again(struct daemon *d) NONNULL;
void daemon_on_guest_socket(void *arg, const struct event *ev, int fd);
void daemon_on_packet(
	void *arg, ns_t now, const struct mdns_path *from, const uint8_t *packet, size_t len);
void daemon_on_resume(void *arg, ns_t nap);
unsigned daemon_answer(
	void *arg, const struct control_asker *asker, const char *request, struct buf *out);
unsigned daemon_resolve(
	void *arg, const struct control_asker *asker, const char *request, struct buf *out);

/* Sends the packets that the mDNS engine has ready, and passes on its notices. */
void daemon_pump_mdns(struct daemon *d) NONNULL;

/* Warns of links that the configuration names and that do not exist. */
void daemon_warn_absent(const struct daemon *d) NONNULL;

/* Tells the supervisor by STATUS= what is served, if that has changed. */
void daemon_tell_status(struct daemon *d) NONNULL;

/* Sends what the keeper has room for. */
void daemon_pump_keeper(struct daemon *d) NONNULL;

/* Tells the watching clients what has changed in this turn. */
void daemon_tell_watchers(struct daemon *d) NONNULL;

/* Returns a new random secret for cookies. */
struct cookie_keys daemon_new_cookie_seed(void);
