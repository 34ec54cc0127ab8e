-- Nodes that read from here.
create table if not exists pgq_node.subscriber_info (
    queue_name      text not null,
    subscriber_node text not null,
    worker_name     text not null,  -- consumer on the queue
    watermark_name  text not null,  -- consumer on the queue: the lowest tick that the node and those below it need

    constraint subscriber_info_pkey primary key (queue_name, subscriber_node),
    constraint subscriber_info_queue_name_fkey
        foreign key (queue_name) references pgq_node.node_info (queue_name),
    constraint subscriber_info_queue_name_subscriber_node_fkey
        foreign key (queue_name, subscriber_node) references pgq_node.node_location (queue_name, node_name),
    constraint subscriber_info_worker_name_fkey
        foreign key (worker_name) references pgq.consumer (co_name),
    constraint subscriber_info_watermark_name_fkey
        foreign key (watermark_name) references pgq.consumer (co_name)
);
