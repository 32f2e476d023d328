/** Where the notifications of topic `bench` and priority `info` go, in the driver's routable addresses. */
export const ADDRESS = 'openstack.org/om/notify/anycast/openstack/bench.info'
