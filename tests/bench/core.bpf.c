// Reads the first members of the structs that tools look at: a CO-RE record for each. Which ones, and what they are (N for
// numbers, P for pointers), is from the BTF of Linux 6.18.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define TASK_STRUCT(N, P) N(__state) N(saved_state) P(stack) N(flags) N(ptrace) N(on_cpu) N(wakee_flips)     \
  N(wakee_flip_decay_ts) P(last_wakee) N(recent_used_cpu) N(wake_cpu) N(on_rq) N(prio) N(static_prio)        \
  N(normal_prio) N(rt_priority) P(dl_server) P(sched_class) P(sched_task_group) N(btrace_seq) N(policy)      \
  N(max_allowed_capacity) N(nr_cpus_allowed) P(cpus_ptr) P(user_cpus_ptr) P(migration_pending)               \
  N(rcu_read_lock_nesting) P(rcu_blocked_node) N(rcu_tasks_nvcsw) N(rcu_tasks_idle_cpu)                      \
  N(rcu_tasks_exit_cpu) N(trc_reader_nesting) N(trc_ipi_to_cpu) N(trc_blkd_cpu) P(mm) P(active_mm)           \
  P(faults_disabled_mapping) N(exit_state) N(exit_code) N(exit_signal)
#define MM_STRUCT(N, P) N(mmap_base) N(mmap_legacy_base) N(mmap_compat_base) N(mmap_compat_legacy_base)      \
  N(task_size) P(pgd) P(pcpu_cid) N(mm_cid_next_scan) N(nr_cpus_allowed) N(map_count) P(futex_phash)         \
  P(futex_phash_new) N(futex_batches) P(futex_ref) N(hiwater_rss) N(hiwater_vm) N(total_vm) N(locked_vm)     \
  N(data_vm) N(exec_vm) N(stack_vm) N(def_flags) N(start_code) N(end_code) N(start_data) N(end_data)         \
  N(start_brk) N(brk) N(start_stack) N(arg_start) N(arg_end) N(env_start) N(env_end) P(binfmt)               \
  P(ioctx_table) P(owner) P(user_ns) P(exe_file) P(notifier_subscriptions) N(numa_next_scan)
#define VM_AREA_STRUCT(N, P) N(vm_start) N(vm_end) P(vm_mm) N(vm_flags) N(__vm_flags) N(vm_lock_seq)         \
  P(anon_vma) P(vm_ops) N(vm_pgoff) P(vm_file) P(vm_private_data) P(vm_policy) P(numab_state)                \
  P(pfnmap_track_ctx)
#define SIGNAL_STRUCT(N, P) N(nr_threads) N(quick_threads) P(curr_target) N(group_exit_code) N(notify_count) \
  P(group_exec_task) N(group_stop_count) N(flags) P(core_state) N(it_real_incr) P(tty_old_pgrp) N(leader)    \
  P(tty) P(autogroup) N(utime) N(stime) N(cutime) N(cstime) N(gtime) N(cgtime) N(nvcsw) N(nivcsw) N(cnvcsw)  \
  N(cnivcsw) N(min_flt) N(maj_flt) N(cmin_flt) N(cmaj_flt) N(inblock) N(oublock) N(cinblock) N(coublock)     \
  N(maxrss) N(cmaxrss) N(sum_sched_runtime) P(stats) N(audit_tty) P(tty_audit_buf) P(oom_mm)
#define CRED(N, P) N(securebits) P(session_keyring) P(process_keyring) P(thread_keyring) P(request_key_auth) \
  P(security) P(user) P(user_ns) P(ucounts) P(group_info) N(non_rcu)
#define FILE(N, P) N(f_mode) P(f_op) P(f_mapping) P(private_data) P(f_inode) N(f_flags) N(f_iocb_flags)      \
  P(f_cred) P(f_owner) N(f_pipe) N(f_pos) P(f_security) N(f_wb_err) N(f_sb_err) P(f_ep)
#define INODE(N, P) N(i_flags) P(i_acl) P(i_default_acl) P(i_op) P(i_sb) P(i_mapping) P(i_security) N(i_ino) \
  N(i_nlink) N(__i_nlink) N(i_rdev) N(i_size) N(i_atime_sec) N(i_mtime_sec) N(i_ctime_sec) N(i_atime_nsec)   \
  N(i_mtime_nsec) N(i_ctime_nsec) N(i_generation) N(i_blocks) N(dirtied_when) N(dirtied_time_when) P(i_wb)   \
  N(i_wb_frn_winner) P(i_fop) P(free_inode) P(i_flctx) N(i_linklen) P(i_pipe) P(i_cdev) P(i_link)            \
  N(i_dir_seq) N(i_fsnotify_mask) P(i_fsnotify_marks) P(i_private)
#define DENTRY(N, P) N(d_flags) P(d_parent) P(d_inode) P(d_op) P(d_sb) N(d_time) P(d_fsdata) P(d_wait)
#define SUPER_BLOCK(N, P) N(s_dev) N(s_blocksize) N(s_maxbytes) P(s_type) P(s_op) P(dq_op) P(s_qcop)         \
  P(s_export_op) N(s_flags) N(s_iflags) N(s_magic) P(s_root) N(s_count) P(s_security) P(s_xattr) P(s_cop)    \
  P(s_master_keys) P(s_mounts) P(s_bdev) P(s_bdev_file) P(s_bdi) P(s_mtd) N(s_quota_types) P(s_fs_info)      \
  N(s_time_gran) N(s_time_min) N(s_time_max) N(s_fsnotify_mask) P(s_fsnotify_info) N(s_max_links)            \
  N(s_d_flags) P(s_subtype) P(__s_d_op) P(s_shrink) N(s_readonly_remount) N(s_wb_err) P(s_dio_done_wq)       \
  P(s_user_ns) N(s_stack_depth)
#define SOCK(N, P) N(sk_peek_off) P(sk_rx_dst) N(sk_rx_dst_ifindex) N(sk_rx_dst_cookie) N(sk_ll_usec)        \
  N(sk_napi_id) N(sk_rcvbuf) P(sk_filter) P(sk_wq) P(sk_wq_raw) P(sk_data_ready) N(sk_rcvtimeo)              \
  N(sk_rcvlowat) N(sk_err) P(sk_socket) P(sk_memcg) N(sk_reserved_mem) N(sk_forward_alloc) N(sk_tsflags)     \
  N(sk_write_pending) N(sk_err_soft) N(sk_wmem_queued) N(sk_tsq_flags) P(sk_send_head)                       \
  N(sk_dst_pending_confirm) N(sk_pacing_status) N(sk_pacing_rate) N(sk_max_pacing_rate) N(sk_sndtimeo)       \
  N(sk_priority) N(sk_mark) P(sk_dst_cache) N(sk_route_caps) N(sk_gso_max_size) N(sk_allocation)             \
  N(sk_txhash) N(sk_sndbuf) N(sk_lingertime) P(sk_prot_creator) N(sk_ack_backlog)
#define SK_BUFF(N, P) P(next) P(prev) P(dev) N(dev_scratch) P(sk) N(tstamp) N(skb_mstamp_ns) N(_skb_refdst)  \
  P(destructor) N(_sk_redir) N(_nfct) N(len) N(data_len) N(csum) N(priority) N(skb_iif) N(hash) N(vlan_all)  \
  N(napi_id) N(sender_cpu) N(secmark) N(mark) N(reserved_tailroom) N(tail) N(end) P(head) P(data)            \
  N(truesize) P(extensions)
#define NET_DEVICE(N, P) P(netdev_ops) P(header_ops) P(_tx) N(gso_partial_features) N(real_num_tx_queues)    \
  N(gso_max_size) N(gso_ipv4_max_size) N(mtu) P(nf_hooks_egress) P(tcx_egress) P(lstats) P(tstats) P(dstats) \
  N(state) N(flags) N(features) P(ip6_ptr) P(xdp_prog) N(ifindex) N(real_num_rx_queues) P(_rx)               \
  N(gro_max_size) N(gro_ipv4_max_size) P(rx_handler) P(rx_handler_data) P(tcx_ingress) P(name_node)          \
  P(ifalias) N(mem_end) N(mem_start) N(base_addr) N(xdp_features) P(xdp_metadata_ops) P(xsk_tx_metadata_ops) \
  N(hw_features) N(wanted_features) N(vlan_features) N(hw_enc_features) N(mpls_features)                     \
  N(mangleid_features)
#define TCP_SOCK(N, P) N(max_window) N(rcv_ssthresh) N(reordering) N(notsent_lowat) P(retransmit_skb_hint)   \
  N(tsoffset) N(snd_wnd) N(mss_cache) N(snd_cwnd) N(prr_out) N(lost_out) N(sacked_out) N(copied_seq)         \
  N(snd_wl1) N(tlp_high_seq) N(rttvar_us) N(retrans_out) N(lost) N(snd_ssthresh) N(segs_out)                 \
  N(data_segs_out) N(bytes_sent) N(snd_sml) N(chrono_start) N(write_seq) N(pushed_seq) N(lsndtime)           \
  N(mdev_us) N(rtt_seq) N(tcp_wstamp_ns) N(accecn_opt_tstamp) P(highest_sack) N(pred_flags)                  \
  N(tcp_clock_cache) N(tcp_mstamp) N(rcv_nxt) N(snd_nxt) N(snd_una) N(window_clamp) N(srtt_us)
#define NET(N, P) N(dev_base_seq) N(ifindex) P(key_domain) P(user_ns) P(ucounts) P(proc_net)                 \
  P(proc_net_stat) P(rtnl) P(genl_sock) P(uevent_sock) P(dev_name_head) P(dev_index_head) N(hash_mix)        \
  P(loopback_dev) P(gen) N(net_cookie) P(diag_nlsk)
#define CGROUP(N, P) N(flags) N(level) N(max_depth) N(nr_descendants) N(nr_dying_descendants)                \
  N(max_descendants) N(nr_populated_csets) N(nr_populated_domain_children) N(nr_populated_threaded_children) \
  N(nr_threaded_children) N(kill_seq) P(kn) P(root) P(dom_cgrp) P(old_dom_cgrp) P(rstat_base_cpu) P(psi)     \
  P(bpf_cgrp_storage)

#define NUMBER(name) long name;
#define POINTER(name) void *name;
#define READ(name) sum += read(&object->name);

static __always_inline long read(const void *place) {
  long value = 0;
  bpf_probe_read_kernel(&value, sizeof(value), place);
  return value;
}

// The section is one that libbpf does not know, so that core.c tells it when it is done with relocations.
#define PROGRAM(type, MEMBERS)                                             \
  struct type {                                                            \
    MEMBERS(NUMBER, POINTER)                                               \
  } __attribute__((preserve_access_index));                                \
  SEC("bench") int read_##type(struct bpf_raw_tracepoint_args *context) { \
    struct type *object = (struct type *)context->args[0];                 \
    long sum = 0;                                                          \
    MEMBERS(READ, READ)                                                    \
    return sum;                                                            \
  }

PROGRAM(task_struct, TASK_STRUCT)
PROGRAM(mm_struct, MM_STRUCT)
PROGRAM(vm_area_struct, VM_AREA_STRUCT)
PROGRAM(signal_struct, SIGNAL_STRUCT)
PROGRAM(cred, CRED)
PROGRAM(file, FILE)
PROGRAM(inode, INODE)
PROGRAM(dentry, DENTRY)
PROGRAM(super_block, SUPER_BLOCK)
PROGRAM(sock, SOCK)
PROGRAM(sk_buff, SK_BUFF)
PROGRAM(net_device, NET_DEVICE)
PROGRAM(tcp_sock, TCP_SOCK)
PROGRAM(net, NET)
PROGRAM(cgroup, CGROUP)

char LICENSE[] SEC("license") = "Dual MIT/GPL";
