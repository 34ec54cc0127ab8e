-- The local node of each queue.
create table if not exists pgq_node.node_info (
    queue_name      text not null,
    node_type       text not null,
    node_name       text not null,
    worker_name     text,   -- consumer that maintains the node
    combined_queue  text,   -- merge leaf: the queue that its events go to
    node_attrs      text,   -- urlencoded, for the worker

    constraint node_info_pkey primary key (queue_name),
    constraint node_info_queue_name_node_name_fkey
        foreign key (queue_name, node_name) references pgq_node.node_location (queue_name, node_name),
    constraint node_info_node_type_check check (node_type in ('root', 'branch', 'leaf')),
    constraint node_info_check check (
        case node_type
            when 'root' then worker_name is not null and combined_queue is null
            when 'branch' then worker_name is not null and combined_queue is null
            when 'leaf' then worker_name is not null
            else false
        end)
);
