package io.reconciler.zuul;

import com.netflix.client.config.IClientConfig;
import com.netflix.loadbalancer.DynamicServerListLoadBalancer;
import com.netflix.loadbalancer.Server;
import com.netflix.niws.loadbalancer.DiscoveryEnabledServer;
import com.netflix.zuul.discovery.DiscoveryResult;
import com.netflix.zuul.resolver.Resolver;
import com.netflix.zuul.resolver.ResolverListener;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Chooses a server for each attempt: round robin over those in Eureka, without those that rest after failures, and never
 * one that this request has tried while there is another.
 */
final class WebServers implements Resolver<DiscoveryResult> {
    private static final long MEMORY_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long LAG_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final Discovery discovery;
    private final DynamicServerListLoadBalancer<DiscoveryEnabledServer> balancer = new DynamicServerListLoadBalancer<>();
    private final AtomicInteger turn = new AtomicInteger();
    private volatile List<Server> lastKnown = List.of();
    private volatile long lastKnownAt;
    private volatile long forgottenAt = System.nanoTime() - LAG_NANOS;

    WebServers(IClientConfig config, Discovery discovery) {
        this.discovery = discovery;
        balancer.initWithNiwsConfig(config);
    }

    /** {@code tried}: the ids of the servers that this request has had. */
    @Override
    public DiscoveryResult resolve(Object tried) {
        Set<?> had = (Set<?>) tried;
        List<Server> known = known();
        for (int i = 0; i < known.size(); i++) {
            Server next = balancer.chooseServer(null);
            if (next != null && !had.contains(next.getId())) {
                return result(next);
            }
        }
        // All that don't rest have been tried, or all rest: better one of those than none.
        int start = turn.getAndIncrement() & Integer.MAX_VALUE;
        for (int i = 0; i < known.size(); i++) {
            Server next = known.get((start + i) % known.size());
            if (!had.contains(next.getId())) {
                return result(next);
            }
        }
        return known.isEmpty() ? DiscoveryResult.EMPTY : result(known.get(start % known.size()));
    }

    /**
     * The servers in Eureka. An Eureka that has just started knows nobody for a second: until its clients have come back
     * we go on with those it knew.
     */
    private List<Server> known() {
        List<Server> now = balancer.getReachableServers();
        if (!now.isEmpty()) {
            lastKnown = now;
            lastKnownAt = System.nanoTime();
            return now;
        }
        long at = System.nanoTime();
        if (discovery.forgotten()) {
            forgottenAt = at;
        }
        // Its clients come back one by one within some seconds, another tier perhaps first.
        boolean restarted = at - forgottenAt < LAG_NANOS;
        return restarted && at - lastKnownAt < MEMORY_NANOS ? lastKnown : now;
    }

    private DiscoveryResult result(Server server) {
        return new DiscoveryResult((DiscoveryEnabledServer) server, balancer.getLoadBalancerStats());
    }

    @Override
    public boolean hasServers() {
        return !known().isEmpty();
    }

    /** Tells the connection pool who has left, so that it closes what it holds to them. */
    @Override
    public void setListener(ResolverListener<DiscoveryResult> listener) {
        balancer.addServerListChangeListener((before, after) -> {
            Set<Server> gone = new HashSet<>(before);
            gone.removeAll(after);
            listener.onChange(gone.stream().map(this::result).toList());
        });
    }

    @Override
    public void shutdown() {
        balancer.shutdown();
    }
}
