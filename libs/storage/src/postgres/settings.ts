/**
 * Settings of the built-in server, given on its command line so that they are those of this version of Weir whatever
 * the folder's own configuration says. Durable (fsync, synchronous_commit stay on); small, since it shares a machine.
 */
export function serverSettings(socketDirectory: string): Record<string, string> {
  return {
    listen_addresses: '',
    port: '5432',
    unix_socket_directories: socketDirectory,
    unix_socket_permissions: '0700',
    cluster_name: 'weir',
    // Of several processes on one server each takes up to a dozen.
    max_connections: '150',
    superuser_reserved_connections: '2',
    shared_buffers: '64MB',
    work_mem: '8MB',
    maintenance_work_mem: '64MB',
    // Containers often have a tiny /dev/shm, which parallel queries would fill.
    max_parallel_workers_per_gather: '0',
    max_parallel_maintenance_workers: '0',
    max_logical_replication_workers: '0',
    max_worker_processes: '2',
    autovacuum_max_workers: '2',
    io_method: 'sync',
    jit: 'off',
    // No replicas: the log is the truth, and what was computed can be computed again.
    wal_level: 'minimal',
    max_wal_senders: '0',
    min_wal_size: '32MB',
    max_wal_size: '512MB',
    log_checkpoints: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
}
