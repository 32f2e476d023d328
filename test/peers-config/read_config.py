"""Reads configuration files with oslo.config, as an OpenStack service does, and prints what oslo.messaging is told, as JSON."""
import json
import sys

from oslo_config import cfg
from oslo_messaging import opts

conf = cfg.ConfigOpts()
for group, options in opts.list_opts():
    conf.register_opts(options, group=group)
conf(args=[], default_config_files=sys.argv[1:], project='test')


def values(group, names):
    section = conf[group] if group else conf
    return {name: getattr(section, name) for name in names}


print(json.dumps({
    'DEFAULT': values(None, ['transport_url', 'control_exchange', 'rpc_response_timeout', 'executor_thread_pool_size',
                             'rpc_ping_enabled']),
    'oslo_messaging_amqp': values('oslo_messaging_amqp', [
        'container_name', 'idle_timeout', 'trace', 'ssl', 'ssl_ca_file', 'sasl_mechanisms', 'addressing_mode', 'pre_settled',
        'reply_link_credit', 'broadcast_prefix', 'pseudo_vhost']),
    'oslo_messaging_notifications': values('oslo_messaging_notifications', ['driver', 'topics', 'retry', 'transport_url']),
}))
