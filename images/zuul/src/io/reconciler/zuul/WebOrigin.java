package io.reconciler.zuul;

import com.netflix.client.config.CommonClientConfigKey;
import com.netflix.client.config.DefaultClientConfigImpl;
import com.netflix.client.config.IClientConfig;
import com.netflix.spectator.api.Registry;
import com.netflix.spectator.api.Spectator;
import com.netflix.zuul.context.CommonContextKeys;
import com.netflix.zuul.context.SessionContext;
import com.netflix.zuul.discovery.DiscoveryResult;
import com.netflix.zuul.message.http.HttpRequestMessage;
import com.netflix.zuul.message.http.HttpResponseMessage;
import com.netflix.zuul.netty.connectionpool.ConnectionPoolConfig;
import com.netflix.zuul.netty.connectionpool.DefaultClientChannelManager;
import com.netflix.zuul.netty.connectionpool.DefaultOriginChannelInitializer;
import com.netflix.zuul.netty.connectionpool.OriginChannelInitializer;
import com.netflix.zuul.netty.connectionpool.PooledConnection;
import com.netflix.zuul.niws.RequestAttempt;
import com.netflix.zuul.origins.NettyOrigin;
import com.netflix.zuul.origins.OriginConcurrencyExceededException;
import com.netflix.zuul.origins.OriginName;
import com.netflix.zuul.passport.CurrentPassport;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** The web tier as Zuul sees it: its servers, the connections to them and how often a request may try. */
final class WebOrigin implements NettyOrigin {
    static final String NAME = "origin"; // the prefix of its settings
    private static final int MOST = 2000; // requests in flight
    private static final String TRIED = "io.reconciler.tried";

    private final OriginName name = OriginName.fromVipAndApp(NAME, NAME);
    private final Registry registry = Spectator.globalRegistry();
    private final IClientConfig config = DefaultClientConfigImpl.getClientConfigWithDefaultValues(NAME);
    private final WebServers servers;
    private final DefaultClientChannelManager connections;
    private final AtomicInteger inFlight = new AtomicInteger();

    WebOrigin(Discovery discovery) {
        servers = new WebServers(config, discovery);
        connections = new DefaultClientChannelManager(name, config, servers, registry) {
            @Override
            protected OriginChannelInitializer createChannelInitializer(
                    IClientConfig ignored, ConnectionPoolConfig pool, Registry metrics) {
                return new PlainInitializer(pool, metrics);
            }
        };
        connections.init();
    }

    @Override
    public Promise<PooledConnection> connectToOrigin(
            HttpRequestMessage request,
            EventLoop loop,
            int attempt,
            CurrentPassport passport,
            AtomicReference<DiscoveryResult> server,
            AtomicReference<? super InetAddress> address) {
        Set<String> tried = tried(request.getContext());
        var connecting = connections.acquire(loop, Set.copyOf(tried), passport, server, address);
        if (server.get() != DiscoveryResult.EMPTY) {
            tried.add(server.get().getServer().getId());
        }
        return connecting;
    }

    @SuppressWarnings("unchecked")
    private static Set<String> tried(SessionContext session) {
        return (Set<String>) session.computeIfAbsent(TRIED, key -> new HashSet<String>());
    }

    @Override
    public void preRequestChecks(HttpRequestMessage request) {
        if (inFlight.get() >= MOST) {
            throw new OriginConcurrencyExceededException(name);
        }
        inFlight.incrementAndGet();
    }

    @Override
    public void recordProxyRequestEnd() {
        inFlight.decrementAndGet();
    }

    @Override
    public int getMaxRetriesForRequest(SessionContext session) {
        return config.get(CommonClientConfigKey.MaxAutoRetriesNextServer, 0);
    }

    @Override
    public RequestAttempt newRequestAttempt(
            DiscoveryResult server, InetAddress address, SessionContext session, int attempt) {
        return new RequestAttempt(server, address, config, attempt, config.get(CommonClientConfigKey.ReadTimeout));
    }

    @Override
    public void recordFinalResponse(HttpResponseMessage response) {
        response.getContext().put(CommonContextKeys.ORIGIN_STATUS, response.getStatus());
    }

    @Override
    public void recordFinalError(HttpRequestMessage request, Throwable failure) {
        request.getContext().setError(failure);
    }

    @Override
    public String getIpAddrFromServer(DiscoveryResult server) {
        return server.getIPAddr().orElse(null);
    }

    @Override
    public OriginName getName() {
        return name;
    }

    @Override
    public boolean isAvailable() {
        return connections.isAvailable();
    }

    @Override
    public boolean isCold() {
        return false;
    }

    @Override
    public IClientConfig getClientConfig() {
        return config;
    }

    @Override
    public Registry getSpectatorRegistry() {
        return registry;
    }

    // What follows is for statistics, which Zuul keeps elsewhere too.

    @Override
    public double getErrorPercentage() {
        return 0;
    }

    @Override
    public double getErrorAllPercentage() {
        return 0;
    }

    @Override
    public void recordSuccessResponse() {}

    @Override
    public void adjustRetryPolicyIfNeeded(HttpRequestMessage request) {}

    @Override
    public void onRequestExecutionStart(HttpRequestMessage request) {}

    @Override
    public void onRequestStartWithServer(HttpRequestMessage request, DiscoveryResult server, int attempt) {}

    @Override
    public void onRequestExceptionWithServer(
            HttpRequestMessage request, DiscoveryResult server, int attempt, Throwable failure) {}

    @Override
    public void onRequestExecutionSuccess(
            HttpRequestMessage request, HttpResponseMessage response, DiscoveryResult server, int attempt) {}

    @Override
    public void onRequestExecutionFailed(
            HttpRequestMessage request, DiscoveryResult server, int attempt, Throwable failure) {}

    /** Plain HTTP to the web tier: a TLS context that nobody uses would take 0.4 s of the first request. */
    private static final class PlainInitializer extends DefaultOriginChannelInitializer {
        PlainInitializer(ConnectionPoolConfig pool, Registry metrics) {
            super(pool, metrics);
        }

        @Override
        protected SslContext getClientSslContext(Registry metrics) {
            return null;
        }
    }
}
